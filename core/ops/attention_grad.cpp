#include "core/ops/attention_grad.h"

#include <cmath>

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const AttentionGeometry g,
                AttentionGeometry::from(attrs, in[1].shape, in[2].shape, in[3].shape));
  TANDEM_TRY(requireSameDtype(in.first(5)));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireSameShape(in[4], in[1]));
  TANDEM_CHECK(in[5] == (TensorType{DType::F32, Shape{g.batch, g.heads, g.queries}}), "one lse per row");
  TANDEM_CHECK(!hasOperand(in, 6) || in[6] == (TensorType{DType::I32, Shape{g.batch}}),
               "one length per sample");
  return std::vector<TensorType>{in[1], in[2], in[3]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const AttentionGeometry g =
      *AttentionGeometry::from(attrs, in[1].type.shape, in[2].type.shape, in[3].type.shape);
  for (RefTensor& each : out) std::ranges::fill(each.data, 0.0);
  const std::vector<double>&dy = in[0].data, &q = in[1].data, &k = in[2].data, &v = in[3].data,
        &y = in[4].data;
  for (std::int64_t b = 0; b < g.batch; ++b) {
    const std::int64_t length =
        hasOperand(in, 6) ? g.length(static_cast<std::int64_t>(in[6].data[at(b)])) : g.keys;
    for (std::int64_t h = 0; h < g.heads; ++h)
      for (std::int64_t t = 0; t < g.queries; ++t) {
        const std::size_t row = at((b * g.queries + t) * g.width() + h * g.size), size = at(g.size);
        const double lse = in[5].data[at((b * g.heads + h) * g.queries + t)];
        double total = 0;
        for (std::size_t c = 0; c < size; ++c) total += dy[row + c] * y[row + c];
        for (std::int64_t s = 0; s < g.limit(t, length); ++s) {
          const std::size_t key = at((b * g.keys + s) * g.kvWidth() + h / g.group() * g.size);
          double score = 0, dp = 0;
          for (std::size_t c = 0; c < size; ++c) {
            score += q[row + c] * k[key + c];
            dp += dy[row + c] * v[key + c];
          }
          const double p = std::exp(g.scale * score - lse), ds = g.scale * p * (dp - total);
          for (std::size_t c = 0; c < size; ++c) {
            out[0].data[row + c] += ds * k[key + c];
            out[1].data[key + c] += ds * q[row + c];
            out[2].data[key + c] += p * dy[row + c];
          }
        }
      }
  }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  const auto g = AttentionGeometry::from(attrs, in[1].shape, in[2].shape, in[3].shape);
  Cost total = elementwiseCost(0, in, out);
  if (g.ok()) total.flops = 10.0 * static_cast<double>(g->size) * g->scores();  // five products
  return total;
}

// attention's samples, with a y and an lse that are independent of the rest.
std::vector<Sample> samples() {
  std::vector<Sample> list = attention.samples();
  for (Sample& s : list) {
    const SampleInput q = s.inputs[0], k = s.inputs[1], v = s.inputs[2];
    const SampleInput lengths = s.inputs.size() > 3 ? s.inputs[3] : absent();
    const AttentionGeometry g = *AttentionGeometry::from(s.attrs, q.type.shape, k.type.shape, v.type.shape);
    s.inputs = {q, q, k, v, q, f32({g.batch, g.heads, g.queries}, Fill::Positive), lengths};
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef attention_grad = {
    .name = "attention_grad",
    .summary = "dq, dk, dv of attention from dy, its operands, y and lse",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {6},
    .half = {.inputs = {0, 1, 2, 3, 4}, .why = "exponentials and sums in fp32"},
};

}  // namespace tandem::ops
