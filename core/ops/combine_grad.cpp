#include "core/ops/combine_grad.h"

#include <algorithm>

#include "core/ops/broadcast.h"
#include "core/ops/combine.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = CombineGradIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const CombineAttrs a, CombineAttrs::from(attrs));
  TANDEM_TRY(requireSameDtype(in));
  if (a.kind == CombineKind::Subtract) return invalid("the gradient of subtract is that of add");
  const Shape shape(attrs.integers("shape", {}));
  TANDEM_CHECK(hasOperand(in, In::kX) == derivativeReadsSelf(a.kind), "operand x");
  TANDEM_CHECK(hasOperand(in, In::kZ) == derivativeReadsOther(a.kind), "operand z");
  TANDEM_CHECK(!hasOperand(in, In::kX) || in[In::kX].shape == shape, "x has the shape of its gradient");
  TANDEM_ASSIGN(const Shape whole,
                broadcastShape(shape, hasOperand(in, In::kZ) ? in[In::kZ].shape : in[In::kDy].shape));
  if (whole != in[In::kDy].shape) return invalid("dy has another shape than the result");
  return std::vector<TensorType>{{in[In::kDy].dtype, shape}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const CombineAttrs a = *CombineAttrs::from(attrs);
  const bool self = hasOperand(in, In::kX), other = hasOperand(in, In::kZ);
  // Offsets of the sum, and of the other operand.
  const Shape& whole = in[In::kDy].type.shape;
  const BroadcastAxes axes = broadcastAxes(whole, out[0].type.shape, other ? in[In::kZ].type.shape : whole);
  std::ranges::fill(out[0].data, 0.0);
  for (std::size_t i = 0; i < in[In::kDy].data.size(); ++i) {
    const Offsets o = axes.at(i);
    const double x = self ? in[In::kX].data[at(o.first)] : 0, z = other ? in[In::kZ].data[at(o.second)] : 0;
    out[0].data[at(o.first)] += in[In::kDy].data[i] * combinedDerivative(a.kind, x, z) * a.factor;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 2 * static_cast<double>(in[In::kDy].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  using Dims = std::vector<std::int64_t>;
  const auto of = [](const char* kind, Dims shape, double factor = 1) {
    Attrs attrs = CombineAttrs{CombineAttrs::from({{"kind", std::string(kind)}})->kind, factor}.attrs();
    attrs.set("shape", std::move(shape));
    return attrs;
  };
  return {
      {.name = "add", .attrs = of("add", {5, 7}, 0.25), .inputs = {f32({5, 7}), absent(), absent()}},
      {.name = "add_channels",
       .attrs = of("add", {2, 1, 1, 11}, -1),
       .inputs = {f32({2, 3, 5, 11}), absent(), absent()}},
      {.name = "add_number", .attrs = of("add", {3, 1}), .inputs = {f32({3, 4099}), absent(), absent()}},
      {.name = "multiply",
       .attrs = of("multiply", {3, 5, 7}),
       .inputs = {f32({3, 5, 7}), absent(), f32({3, 5, 7})}},
      {.name = "multiply_channels",
       .attrs = of("multiply", {2, 1, 1, 67}),
       .inputs = {f32({2, 9, 8, 67}), absent(), f32({2, 9, 8, 67})}},
      {.name = "multiply_mask",
       .attrs = of("multiply", {2, 3, 5, 1}, 0.5),
       .inputs = {f32({2, 3, 5, 19}), absent(), f32({2, 3, 5, 19})}},
      {.name = "multiply_columns",
       .attrs = of("multiply", {2, 1, 7, 1}),
       .inputs = {f32({2, 5, 7, 3}), absent(), f32({2, 5, 1, 3})}},
      {.name = "multiply_rows",
       .attrs = of("multiply", {2, 5, 1, 3}),
       .inputs = {f32({2, 5, 7, 3}), absent(), f32({2, 1, 7, 1})}},
      {.name = "maximum",
       .attrs = of("maximum", {3, 5, 7}),
       .inputs = {f32({3, 5, 7}), f32({3, 5, 7}), f32({3, 5, 7})}},
      {.name = "minimum",
       .attrs = of("minimum", {3, 5, 7}, 2),
       .inputs = {f32({3, 5, 7}), f32({3, 5, 7}), f32({3, 5, 7})}},
      {.name = "ties",
       .attrs = of("maximum", {3, 5, 7}),
       .inputs = {f32({3, 5, 7}), f32({3, 5, 7}, Fill::Zeros), f32({3, 5, 7}, Fill::Zeros)}},
      {.name = "maximum_channels",
       .attrs = of("maximum", {2, 1, 1, 11}),
       .inputs = {f32({2, 3, 5, 11}), f32({2, 1, 1, 11}), f32({2, 3, 5, 11})}},
      {.name = "maximum_whole",
       .attrs = of("maximum", {2, 3, 5, 11}),
       .inputs = {f32({2, 3, 5, 11}), f32({2, 3, 5, 11}), f32({2, 1, 1, 11})}},
      {.name = "minimum_mask",
       .attrs = of("minimum", {2, 3, 5, 1}),
       .inputs = {f32({2, 3, 5, 19}), f32({2, 3, 5, 1}), f32({2, 3, 5, 19})}},
      {.name = "one", .attrs = of("multiply", {1}), .inputs = {f32({1}), absent(), f32({1})}},
      {.name = "mean_large",
       .attrs = of("add", {32, 28, 28, 32}, 0.5),
       .inputs = {f32({32, 28, 28, 32}), absent(), absent()},
       .perf = true},
      {.name = "maximum_large",
       .attrs = of("maximum", {32, 28, 28, 32}),
       .inputs = {f32({32, 28, 28, 32}), f32({32, 28, 28, 32}), f32({32, 28, 28, 32})},
       .perf = true},
      {.name = "channels_large",
       .attrs = of("multiply", {32, 1, 1, 64}),
       .inputs = {f32({32, 28, 28, 64}), absent(), f32({32, 28, 28, 64})},
       .perf = true,
       .toleranceScale = 4},
      {.name = "mask_large",
       .attrs = of("multiply", {32, 28, 28, 1}),
       .inputs = {f32({32, 28, 28, 64}), absent(), f32({32, 28, 28, 64})},
       .perf = true,
       .toleranceScale = 4},
  };
}

}  // namespace

const OpDef combine_grad = {
    .name = "combine_grad",
    .summary = "dx = sum of dy * f'(x, z) * factor over the broadcast axes",
    .operands = {"dy", "x", "z"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kX, In::kZ},
    .half = {.inputs = {In::kDy, In::kX, In::kZ}},
};

}  // namespace tandem::ops
