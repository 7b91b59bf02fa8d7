#include "core/ops/zero_pad.h"

#include <algorithm>

#include "core/ops/rules.h"
#include "core/ops/slice.h"

namespace tandem::ops {

Result<ZeroPadGeometry> ZeroPadGeometry::of(const Attrs& attrs, const Shape& shape) {
  TANDEM_ASSIGN(const AxisView from, AxisView::of(shape, attrs.integer("axis", -1)));
  const ZeroPadGeometry g{from, attrs.integer("before", 0), attrs.integer("after", 0)};
  if (std::min(g.before, g.after) < 0) return invalid("the number of zeros must not be negative");
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const ZeroPadGeometry g, ZeroPadGeometry::of(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, in[0].shape.with(g.from.axis, g.extent())}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Attrs& attrs = c.node.attrs;
  TANDEM_ASSIGN(const ZeroPadGeometry g, ZeroPadGeometry::of(attrs, c.program.type(c.input(0)).shape));
  TANDEM_ASSIGN(
      const ValueId dx,
      c.program.append1(slice,
                        {{"axis", attrs.integer("axis", -1)}, {"begin", g.before}, {"extent", g.from.extent}},
                        {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ZeroPadGeometry g = *ZeroPadGeometry::of(attrs, in[0].type.shape);
  for (std::int64_t o = 0; o < g.from.outer; ++o)
    for (std::int64_t e = 0; e < g.extent(); ++e)
      for (std::int64_t i = 0; i < g.from.inner; ++i) {
        const std::int64_t part = e - g.before;
        const bool inside = part >= 0 && part < g.from.extent;
        out[0].data[at((o * g.extent() + e) * g.from.inner + i)] =
            inside ? in[0].data[at((o * g.from.extent + part) * g.from.inner + i)] : 0;
      }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  const auto zeros = [](std::int64_t axis, std::int64_t before, std::int64_t after) {
    return Attrs{{"axis", axis}, {"before", before}, {"after", after}};
  };
  return {
      {.name = "channels", .attrs = zeros(-1, 3, 1), .inputs = {f32({2, 3, 3, 5})}},
      {.name = "rows", .attrs = zeros(1, 0, 3), .inputs = {f32({2, 1, 5})}},
      {.name = "end", .attrs = zeros(1, 3, 0), .inputs = {f32({2, 1, 5})}},
      {.name = "batch", .attrs = zeros(0, 2, 0), .inputs = {f32({3, 5})}},
      {.name = "whole", .attrs = zeros(1, 0, 0), .inputs = {f32({4, 3})}},
      {.name = "large",
       .attrs = zeros(-1, 16, 0),
       .inputs = {f32({32, 28, 28, 32})},
       .perf = true,
       .gradientCheck = false},
  };
}

}  // namespace

const OpDef zero_pad = {
    .name = "zero_pad",
    .summary = "y = x with zeros before and after along an axis",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
