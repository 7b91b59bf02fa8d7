#include "core/ops/slice.h"

#include "core/ops/rules.h"
#include "core/ops/zero_pad.h"

namespace tandem::ops {

Result<SliceGeometry> SliceGeometry::of(const Attrs& attrs, const Shape& shape) {
  TANDEM_ASSIGN(const AxisView from, AxisView::of(shape, attrs.integer("axis", -1)));
  const SliceGeometry g{from, attrs.integer("begin", 0), attrs.integer("extent", 0)};
  if (g.begin < 0 || g.extent < 1 || g.extent > from.extent || g.begin > from.extent - g.extent)
    return invalid("the slice " + std::to_string(g.begin) + " + " + std::to_string(g.extent) +
                   " is not inside " + std::to_string(from.extent));
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const SliceGeometry g, SliceGeometry::of(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, in[0].shape.with(g.from.axis, g.extent)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Attrs& attrs = c.node.attrs;
  TANDEM_ASSIGN(const SliceGeometry g, SliceGeometry::of(attrs, c.program.type(c.input(0)).shape));
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(zero_pad,
                                                    {{"axis", attrs.integer("axis", -1)},
                                                     {"before", g.begin},
                                                     {"after", g.from.extent - g.begin - g.extent}},
                                                    {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const SliceGeometry g = *SliceGeometry::of(attrs, in[0].type.shape);
  for (std::int64_t o = 0; o < g.from.outer; ++o)
    for (std::int64_t e = 0; e < g.extent; ++e)
      for (std::int64_t i = 0; i < g.from.inner; ++i)
        out[0].data[at((o * g.extent + e) * g.from.inner + i)] =
            in[0].data[at((o * g.from.extent + g.begin + e) * g.from.inner + i)];
}

Cost cost(const Attrs&, std::span<const TensorType>, std::span<const TensorType> out) {
  return {0, 2.0 * static_cast<double>(out[0].bytes())};
}

std::vector<Sample> samples() {
  const auto part = [](std::int64_t axis, std::int64_t begin, std::int64_t extent) {
    return Attrs{{"axis", axis}, {"begin", begin}, {"extent", extent}};
  };
  return {
      {.name = "channels", .attrs = part(-1, 3, 5), .inputs = {f32({2, 3, 3, 9})}},
      {.name = "rows", .attrs = part(1, 0, 1), .inputs = {f32({2, 4, 5})}},
      {.name = "batch", .attrs = part(0, 2, 3), .inputs = {f32({5, 5})}},
      {.name = "whole", .attrs = part(1, 0, 3), .inputs = {f32({4, 3})}},
      {.name = "large",
       .attrs = part(-1, 16, 32),
       .inputs = {f32({32, 28, 28, 48})},
       .perf = true,
       .gradientCheck = false},
  };
}

}  // namespace

const OpDef slice = {
    .name = "slice",
    .summary = "y = x[begin : begin + extent] along an axis",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
