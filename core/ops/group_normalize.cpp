#include "core/ops/group_normalize.h"

#include <algorithm>
#include <cmath>

#include "core/ops/group_normalize_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = GroupNormIn;
using Out = GroupNormOut;

Result<GroupNormGeometry> GroupNormGeometry::from(const Attrs& attrs, const Shape& x,
                                                  std::span<const TensorType> vectors) {
  if (x.rank() < 2) return invalid("needs at least one feature axis, but its input is " + x.text());
  const std::int64_t channels = x[-1];
  for (const TensorType& v : vectors)
    if (present(v) && v.shape != Shape{channels})
      return invalid("scale and shift must have " + std::to_string(channels) +
                     " values, one per channel, but one has the shape " + v.shape.text());
  GroupNormGeometry g;
  g.epsilon = attrs.number("epsilon", g.epsilon);
  if (!(g.epsilon > 0)) return invalid("epsilon must be greater than 0", {}, "0.001 is typical");
  g.groups = attrs.integer("groups", 1);
  if (g.groups < 1 || channels % g.groups != 0)
    return invalid("Groups = " + std::to_string(g.groups) + " must divide the " + std::to_string(channels) +
                       " input channels",
                   {}, "Set groups to a divisor of " + std::to_string(channels));
  g.width = channels / g.groups;
  const std::string over = attrs.text("over", "features");
  if (over != "features" && over != "sample") return invalid("cannot normalize over '" + over + "'");
  const std::int64_t rows = x.elements() / std::max<std::int64_t>(1, channels);
  g.blocks = over == "sample" ? x[0] : rows;
  g.positions = rows / std::max<std::int64_t>(1, g.blocks);
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const GroupNormGeometry g, GroupNormGeometry::from(attrs, in[In::kX].shape, in.subspan(1)));
  const TensorType statistic{DType::F32, Shape{g.blocks, g.groups}};
  std::vector<TensorType> outputs{in[In::kX], statistic};
  if (hasOperand(in, In::kBeta)) outputs.push_back(statistic);
  return outputs;
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const bool centered = c.node.outputs.size() > Out::kMean;
  TANDEM_ASSIGN(const auto made,
                c.program.append(group_normalize_grad, c.node.attrs,
                                 {c.outputGrads[Out::kY], c.input(In::kX), c.input(In::kGamma),
                                  c.output(Out::kInvStd), centered ? c.output(Out::kMean) : kNoValue}));
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  std::copy_n(made.begin(), made.size(), grads.begin());
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const GroupNormGeometry g = *GroupNormGeometry::from(attrs, in[In::kX].type.shape, {});
  const bool centered = hasOperand(in, In::kBeta);
  const double count = static_cast<double>(g.count());
  for (std::int64_t block = 0; block < g.blocks; ++block)
    for (std::int64_t group = 0; group < g.groups; ++group) {
      const auto x = [&](std::int64_t i) { return in[In::kX].data[at(g.at(block, group, i))]; };
      double mean = 0, variance = 0;
      for (std::int64_t i = 0; centered && i < g.count(); ++i) mean += x(i) / count;
      for (std::int64_t i = 0; i < g.count(); ++i) variance += (x(i) - mean) * (x(i) - mean) / count;
      const double invStd = 1 / std::sqrt(variance + g.epsilon);
      for (std::int64_t i = 0; i < g.count(); ++i) {
        const std::size_t channel = at(group * g.width + i % g.width);
        out[Out::kY].data[at(g.at(block, group, i))] = in[In::kGamma].data[channel] * (x(i) - mean) * invStd +
                                                       (centered ? in[In::kBeta].data[channel] : 0.0);
      }
      out[Out::kInvStd].data[at(block * g.groups + group)] = invStd;
      if (centered) out[Out::kMean].data[at(block * g.groups + group)] = mean;
    }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(8, in, out);
}

Sample sample(std::string name, Shape x, Attrs attrs, bool centered = true) {
  Sample s;
  s.name = std::move(name);
  s.attrs = std::move(attrs);
  s.perf = x.elements() > 100000;
  s.inputs = {f32(x), f32({x[-1]}, Fill::Positive)};
  if (centered) s.inputs.push_back(f32({x[-1]}));
  s.gradientCheck = x.elements() <= 300;
  return s;
}

std::vector<Sample> samples() {
  const auto grouped = [](std::int64_t groups) {
    return Attrs{{"over", std::string("sample")}, {"groups", groups}};
  };
  return {
      sample("layer", {7, 5}, {}),
      sample("layer_image", {2, 3, 5, 3}, {{"epsilon", 1e-5}}),
      sample("layer_one_row", {1, 17}, {}),
      sample("layer_one_channel", {5, 1}, {}),
      sample("layer_long", {3, 5003}, {}),
      sample("rms", {7, 5}, {{"epsilon", 1e-6}}, false),
      sample("rms_image", {2, 3, 5, 3}, {}, false),
      sample("features_in_groups", {6, 12}, {{"groups", std::int64_t{3}}}),
      sample("group", {2, 3, 5, 6}, grouped(2)),
      sample("group_one", {3, 5, 3, 4}, grouped(1)),
      sample("group_vector", {5, 12}, grouped(4)),
      sample("group_wide", {3, 7, 9, 48}, grouped(3)),
      sample("group_rms", {2, 3, 5, 6}, grouped(3), false),
      sample("instance", {2, 5, 3, 7}, grouped(7)),
      sample("instance_wide", {3, 9, 7, 40}, grouped(40)),
      sample("transformer", {32, 128, 256}, {}),
      sample("transformer_rms", {32, 128, 256}, {}, false),
      sample("layer_cnn", {32, 28, 28, 32}, {}),
      sample("group_cnn", {32, 28, 28, 64}, grouped(32)),
      sample("instance_cnn", {32, 28, 28, 32}, grouped(32)),
  };
}

}  // namespace

const OpDef group_normalize = {
    .name = "group_normalize",
    .summary = "y = gamma (x - mean) / sqrt(var + epsilon) + beta, statistics of groups in a sample",
    .operands = {"x", "gamma", "beta"},
    .results = {"y", "inv_std", "mean"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kBeta},
    .half = {.inputs = {In::kX}, .why = "statistics, scale and shift in fp32"},
};

}  // namespace tandem::ops
