#include "core/ops/clip_gradient.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {
constexpr std::array<std::string_view, 3> kNames{"none", "norm", "value"};
}

Result<ClipAttrs> ClipAttrs::from(const Attrs& attrs) {
  const std::string name = attrs.text("mode", "none");
  const auto it = std::ranges::find(kNames, name);
  if (it == kNames.end()) return invalid("unknown clipping mode '" + name + "'");
  ClipAttrs a{static_cast<ClipMode>(it - kNames.begin()), attrs.number("limit", 1)};
  if (!(a.limit > 0)) return invalid("the limit of gradient clipping must be positive");
  return a;
}

Attrs ClipAttrs::attrs() const {
  Attrs attrs{{"mode", std::string(kNames[static_cast<std::size_t>(mode)])}};
  if (mode != ClipMode::None) attrs.set("limit", limit);
  return attrs;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ClipAttrs::from(attrs));
  TANDEM_TRY(requireStepBlock(in[1]));
  return std::vector<TensorType>{in[0], {DType::F32, Shape{1}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ClipAttrs a = *ClipAttrs::from(attrs);
  const double scale = in[1].data[kStepLossScale];
  double squares = 0;
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    out[0].data[i] = in[0].data[i] / scale;
    squares += out[0].data[i] * out[0].data[i];
  }
  const double norm = std::sqrt(squares);
  for (double& g : out[0].data) {
    if (a.mode == ClipMode::Norm) g *= clipFactor(norm, a.limit);
    if (a.mode == ClipMode::Value) g = clipValue(g, a.limit);
  }
  out[1].data[0] = norm;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(4, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, ClipAttrs a, Shape shape, bool perf = false) {
    return Sample{.name = std::move(name), .attrs = a.attrs(), .inputs = {f32(shape), step()}, .perf = perf};
  };
  Sample zeros = of("zero_gradient", {ClipMode::Norm, 1.0}, {9});
  zeros.inputs[0].fill = Fill::Zeros;
  return {of("none", {ClipMode::None, 1.0}, {77}),
          of("norm", {ClipMode::Norm, 0.5}, {77}),
          of("norm_below_limit", {ClipMode::Norm, 1000.0}, {77}),
          of("value", {ClipMode::Value, 0.05}, {77}),
          of("one", {ClipMode::Norm, 0.01}, {1}),
          zeros,
          of("large", {ClipMode::Norm, 1.0}, {1000003}, true)};
}

}  // namespace

const OpDef clip_gradient = {
    .name = "clip_gradient",
    .summary = "g /= lossScale; norm = |g|; g limited by norm or value",
    .operands = {"gradients", "step"},
    .results = {"gradients", "norm"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .inPlace = {{0, 0}},
    .half = {.why = "weight gradients stay in fp32"},
};

}  // namespace tandem::ops
