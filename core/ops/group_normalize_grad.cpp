#include "core/ops/group_normalize_grad.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

using In = GroupNormGradIn;
using Out = GroupNormGradOut;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[In::kDy], in[In::kX]));
  TANDEM_ASSIGN(const GroupNormGeometry g,
                GroupNormGeometry::from(attrs, in[In::kX].shape, in.subspan(2, 1)));
  for (const TensorType& statistic : in.subspan(3))
    if (present(statistic) && statistic.shape != Shape{g.blocks, g.groups})
      return invalid("statistics must have the shape " + Shape{g.blocks, g.groups}.text() + ", not " +
                     statistic.shape.text());
  std::vector<TensorType> outputs{in[In::kDy], in[In::kGamma]};
  if (hasOperand(in, In::kMean)) outputs.push_back(in[In::kGamma]);
  return outputs;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const GroupNormGeometry g = *GroupNormGeometry::from(attrs, in[In::kX].type.shape, {});
  const bool centered = hasOperand(in, In::kMean);
  const double count = static_cast<double>(g.count());
  for (std::size_t k = 1; k < out.size(); ++k) std::ranges::fill(out[k].data, 0.0);
  for (std::int64_t block = 0; block < g.blocks; ++block)
    for (std::int64_t group = 0; group < g.groups; ++group) {
      const std::size_t statistic = at(block * g.groups + group);
      const double invStd = in[In::kInvStd].data[statistic],
                   mean = centered ? in[In::kMean].data[statistic] : 0.0;
      const auto h = [&](std::int64_t i) {
        return (in[In::kX].data[at(g.at(block, group, i))] - mean) * invStd;
      };
      const auto dy = [&](std::int64_t i) { return in[In::kDy].data[at(g.at(block, group, i))]; };
      const auto channel = [&](std::int64_t i) { return at(group * g.width + i % g.width); };
      double sum = 0, product = 0;
      for (std::int64_t i = 0; i < g.count(); ++i) {
        const double a = in[In::kGamma].data[channel(i)] * dy(i);
        if (centered) sum += a;
        product += a * h(i);
        out[Out::kDgamma].data[channel(i)] += dy(i) * h(i);
        if (centered) out[Out::kDbeta].data[channel(i)] += dy(i);
      }
      for (std::int64_t i = 0; i < g.count(); ++i)
        out[Out::kDx].data[at(g.at(block, group, i))] =
            invStd * (in[In::kGamma].data[channel(i)] * dy(i) - sum / count - h(i) * product / count);
    }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(12, in, out);
}

// group_normalize's samples, with statistics that are independent of x.
std::vector<Sample> samples() {
  std::vector<Sample> list = group_normalize.samples();
  for (Sample& s : list) {
    const SampleInput x = s.inputs[GroupNormIn::kX], gamma = s.inputs[GroupNormIn::kGamma];
    const bool centered = s.inputs.size() > GroupNormIn::kBeta;
    const GroupNormGeometry g = *GroupNormGeometry::from(s.attrs, x.type.shape, {});
    const Shape statistics{g.blocks, g.groups};
    s.inputs = {x, x, gamma, f32(statistics, Fill::Positive), centered ? f32(statistics) : absent()};
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef group_normalize_grad = {
    .name = "group_normalize_grad",
    .summary = "dx, dgamma, dbeta of group_normalize from dy, x and the saved statistics",
    .operands = {"dy", "x", "gamma", "inv_std", "mean"},
    .results = {"dx", "dgamma", "dbeta"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kMean},
    .half = {.inputs = {In::kDy, In::kX}, .why = "statistics, scale and their gradients in fp32"},
};

}  // namespace tandem::ops
