#include "core/ops/combine.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/ops/broadcast.h"
#include "core/ops/combine_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

constexpr std::array<std::string_view, 5> kNames{"add", "subtract", "multiply", "maximum", "minimum"};

}  // namespace

Result<CombineAttrs> CombineAttrs::from(const Attrs& attrs) {
  const std::string name = attrs.text("kind", "add");
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return invalid("there is no function '" + name + "' of two operands");
  return CombineAttrs{static_cast<CombineKind>(found - kNames.begin()), attrs.number("factor", 1)};
}

Attrs CombineAttrs::attrs() const {
  Attrs attrs{{"kind", std::string(kNames.at(static_cast<std::size_t>(kind)))}};
  if (factor != 1) attrs.set("factor", factor);
  return attrs;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(CombineAttrs::from(attrs));
  TANDEM_TRY(requireSameDtype(in));
  TANDEM_ASSIGN(const Shape shape, broadcastShape(in[0].shape, in[1].shape));
  return std::vector<TensorType>{{in[0].dtype, shape}};
}

Result<ValueId> gradientOf(GradientContext& c, const CombineAttrs& a, std::size_t operand) {
  const ValueId x = c.input(operand), z = c.input(1 - operand), dy = c.outputGrads[0];
  const Shape shape = c.program.type(x).shape;
  const bool whole = shape == c.program.type(dy).shape;
  CombineAttrs rule = a;
  if (a.kind == CombineKind::Subtract) rule.kind = CombineKind::Add;
  if (a.kind == CombineKind::Subtract && operand == 1) rule.factor = -a.factor;
  if (whole && rule.kind == CombineKind::Add && rule.factor == 1) return dy;
  if (whole && rule.kind == CombineKind::Multiply) return c.program.append1(combine, rule.attrs(), {dy, z});
  Attrs attrs = rule.attrs();
  attrs.set("shape", std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end()));
  return c.program.append1(
      combine_grad, std::move(attrs),
      {dy, derivativeReadsSelf(rule.kind) ? x : kNoValue, derivativeReadsOther(rule.kind) ? z : kNoValue});
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const CombineAttrs a, CombineAttrs::from(c.node.attrs));
  std::vector<ValueId> grads{kNoValue, kNoValue};
  // The operands of a sum have the same gradient.
  const bool alike =
      a.kind == CombineKind::Add && c.program.type(c.input(0)).shape == c.program.type(c.input(1)).shape;
  for (std::size_t operand = 0; operand < 2; ++operand) {
    if (!c.wanted[operand]) continue;
    if (alike && grads[0] != kNoValue) {
      grads[1] = grads[0];
      continue;
    }
    TANDEM_ASSIGN(grads[operand], gradientOf(c, a, operand));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const CombineAttrs a = *CombineAttrs::from(attrs);
  const BroadcastAxes axes = broadcastAxes(out[0].type.shape, in[0].type.shape, in[1].type.shape);
  for (std::size_t i = 0; i < out[0].data.size(); ++i) {
    const Offsets from = axes.at(i);
    out[0].data[i] = a.factor * combined(a.kind, in[0].data[at(from.first)], in[1].data[at(from.second)]);
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string_view kind) { return Attrs{{"kind", std::string(kind)}}; };
  std::vector<Sample> all;
  for (const std::string_view kind : kNames) {
    const std::string name(kind);
    all.push_back({.name = name, .attrs = of(kind), .inputs = {f32({3, 5, 7}), f32({3, 5, 7})}});
    all.push_back(
        {.name = name + "_gate", .attrs = of(kind), .inputs = {f32({2, 3, 5, 11}), f32({2, 1, 1, 11})}});
    all.push_back({.name = name + "_large",
                   .attrs = of(kind),
                   .inputs = {f32({32, 28, 28, 32}), f32({32, 28, 28, 32})},
                   .perf = true,
                   .gradientCheck = false});
  }
  Attrs mean = of("add");
  mean.set("factor", 0.5);
  Attrs negative = of("subtract");
  negative.set("factor", -3.0);
  const Attrs multiply = of("multiply");
  const std::vector<Sample> more{
      {.name = "mean", .attrs = mean, .inputs = {f32({5, 7}), f32({5, 7})}},
      {.name = "factor", .attrs = negative, .inputs = {f32({2, 3, 1, 3}), f32({2, 1, 5, 3})}},
      {.name = "mask", .attrs = multiply, .inputs = {f32({2, 3, 5, 1}), f32({2, 3, 5, 19})}},
      {.name = "rows_and_columns", .attrs = multiply, .inputs = {f32({2, 5, 1, 3}), f32({2, 1, 7, 1})}},
      {.name = "maximum_of_axes", .attrs = of("maximum"), .inputs = {f32({3, 1, 4, 1}), f32({1, 5, 1, 6})}},
      {.name = "number", .attrs = multiply, .inputs = {f32({4, 1}), f32({4, 37})}},
      {.name = "one", .attrs = multiply, .inputs = {f32({1}), f32({1})}},
      {.name = "channels_large",
       .attrs = multiply,
       .inputs = {f32({32, 28, 28, 64}), f32({32, 1, 1, 64})},
       .perf = true,
       .gradientCheck = false},
      {.name = "mask_large",
       .attrs = multiply,
       .inputs = {f32({32, 28, 28, 64}), f32({32, 28, 28, 1})},
       .perf = true,
       .gradientCheck = false},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

const OpDef combine = {
    .name = "combine",
    .summary = "y = f(a, b) * factor, with broadcasting",
    .operands = {"a", "b"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0, 1}},
};

}  // namespace tandem::ops
