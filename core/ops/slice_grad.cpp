#include "core/ops/slice_grad.h"

#include "core/ops/rules.h"
#include "core/ops/slice.h"

namespace tandem::ops {

Result<SliceGradGeometry> SliceGradGeometry::of(const Attrs& attrs, const Shape& shape) {
  TANDEM_ASSIGN(const AxisView from, AxisView::of(shape, attrs.integer("axis", -1)));
  const SliceGradGeometry g{from, attrs.integer("begin", 0), attrs.integer("size", 0)};
  if (g.begin < 0 || g.size < from.extent || g.begin > g.size - from.extent)
    return invalid("the slice " + std::to_string(g.begin) + " + " + std::to_string(from.extent) +
                   " is not inside " + std::to_string(g.size));
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const SliceGradGeometry g, SliceGradGeometry::of(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, in[0].shape.with(g.from.axis, g.size)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Attrs& attrs = c.node.attrs;
  TANDEM_ASSIGN(const SliceGradGeometry g, SliceGradGeometry::of(attrs, c.program.type(c.input(0)).shape));
  TANDEM_ASSIGN(
      const ValueId dx,
      c.program.append1(slice,
                        {{"axis", attrs.integer("axis", -1)}, {"begin", g.begin}, {"extent", g.from.extent}},
                        {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const SliceGradGeometry g = *SliceGradGeometry::of(attrs, in[0].type.shape);
  for (std::int64_t o = 0; o < g.from.outer; ++o)
    for (std::int64_t e = 0; e < g.size; ++e)
      for (std::int64_t i = 0; i < g.from.inner; ++i) {
        const std::int64_t part = e - g.begin;
        const bool inside = part >= 0 && part < g.from.extent;
        out[0].data[at((o * g.size + e) * g.from.inner + i)] =
            inside ? in[0].data[at((o * g.from.extent + part) * g.from.inner + i)] : 0;
      }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  const auto place = [](std::int64_t axis, std::int64_t begin, std::int64_t size) {
    return Attrs{{"axis", axis}, {"begin", begin}, {"size", size}};
  };
  return {
      {.name = "channels", .attrs = place(-1, 3, 9), .inputs = {f32({2, 3, 3, 5})}},
      {.name = "rows", .attrs = place(1, 0, 4), .inputs = {f32({2, 1, 5})}},
      {.name = "end", .attrs = place(1, 3, 4), .inputs = {f32({2, 1, 5})}},
      {.name = "batch", .attrs = place(0, 2, 5), .inputs = {f32({3, 5})}},
      {.name = "whole", .attrs = place(1, 0, 3), .inputs = {f32({4, 3})}},
      {.name = "large",
       .attrs = place(-1, 16, 48),
       .inputs = {f32({32, 28, 28, 32})},
       .perf = true,
       .gradientCheck = false},
  };
}

}  // namespace

const OpDef slice_grad = {
    .name = "slice_grad",
    .summary = "y = x at [begin, begin + extent) of an axis, 0 elsewhere",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
