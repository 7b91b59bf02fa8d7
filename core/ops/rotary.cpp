#include "core/ops/rotary.h"

#include <cmath>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<RotaryGeometry> RotaryGeometry::from(const Attrs& attrs, const Shape& x) {
  if (x.rank() != 3) return invalid("needs a sequence (steps, features), but its input is " + x.text());
  RotaryGeometry g;
  g.batch = x[0];
  g.steps = x[1];
  g.heads = attrs.integer("heads", 1);
  g.size = g.heads < 1 ? 0 : x[2] / g.heads;
  if (g.size < 2 || g.size % 2 != 0 || x[2] != g.heads * g.size)
    return invalid("rotary positions turn pairs of features, but " + std::to_string(g.heads) + " heads of " +
                       std::to_string(x[2]) + " features do not have an even number each",
                   {}, "Choose an even head size");
  g.base = attrs.number("base", g.base);
  if (!(g.base > 1))
    return invalid("the base of rotary positions must be greater than 1", {}, "10000 is typical");
  g.inverse = attrs.integer("inverse", 0) != 0;
  return g;
}

double RotaryGeometry::angle(std::int64_t step, std::int64_t pair) const {
  const double turns = std::pow(base, -2.0 * static_cast<double>(pair) / static_cast<double>(size));
  return (inverse ? -turns : turns) * static_cast<double>(step);
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(RotaryGeometry::from(attrs, in[0].shape));
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  Attrs attrs = c.node.attrs;
  attrs.set("inverse", std::int64_t{attrs.integer("inverse", 0) == 0});
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(rotary, std::move(attrs), {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const RotaryGeometry g = *RotaryGeometry::from(attrs, in[0].type.shape);
  const std::vector<double>& x = in[0].data;
  for (std::int64_t b = 0; b < g.batch; ++b)
    for (std::int64_t t = 0; t < g.steps; ++t)
      for (std::int64_t h = 0; h < g.heads; ++h)
        for (std::int64_t i = 0; i < g.pairs(); ++i) {
          const std::size_t first = at(((b * g.steps + t) * g.heads + h) * g.size + i),
                            second = first + at(g.pairs());
          const double cosine = std::cos(g.angle(t, i)), sine = std::sin(g.angle(t, i));
          out[0].data[first] = x[first] * cosine - x[second] * sine;
          out[0].data[second] = x[second] * cosine + x[first] * sine;
        }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(3, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, Shape x, std::int64_t heads) {
    return Sample{.name = std::move(name), .attrs = {{"heads", heads}}, .inputs = {f32(x)}};
  };
  Sample inverse = of("inverse", {2, 5, 12}, 2), base = of("base", {2, 7, 6}, 1),
         far = of("far", {1, 3000, 6}, 1), large = of("large", {32, 64, 128}, 4);
  inverse.attrs.set("inverse", std::int64_t{1});
  base.attrs.set("base", 100.0);
  far.gradientCheck = large.gradientCheck = false;
  large.perf = true;
  return {of("one_head", {2, 5, 8}, 1),
          of("heads", {3, 7, 18}, 3),
          of("size_two", {2, 4, 6}, 3),
          of("one_step", {3, 1, 4}, 1),
          inverse,
          base,
          far,
          large};
}

}  // namespace

const OpDef rotary = {
    .name = "rotary",
    .summary = "y = x with its pairs of features turned by step * base^(-2 i / size)",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
