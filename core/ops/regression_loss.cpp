#include "core/ops/regression_loss.h"

#include <algorithm>
#include <array>

#include "core/ops/regression_loss_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {
namespace {
constexpr std::array<std::string_view, 4> kNames{"mse", "mae", "huber", "bce_logits"};
}

std::string_view nameOf(RegressionLossKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

Result<RegressionLossAttrs> RegressionLossAttrs::from(const Attrs& attrs) {
  const std::string name = attrs.text("kind", "mse");
  const auto it = std::ranges::find(kNames, name);
  if (it == kNames.end()) return invalid("unknown loss '" + name + "'");
  RegressionLossAttrs a{static_cast<RegressionLossKind>(it - kNames.begin()), attrs.number("delta", 1)};
  if (!(a.delta > 0)) return invalid("the delta of the Huber loss must be positive");
  return a;
}

Attrs RegressionLossAttrs::attrs() const {
  Attrs attrs{{"kind", std::string(nameOf(kind))}};
  if (kind == RegressionLossKind::Huber) attrs.set("delta", delta);
  return attrs;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(RegressionLossAttrs::from(attrs));
  if (in[0].shape != in[1].shape || in[0].shape.rank() < 1)
    return invalid("the output is " + in[0].shape.text() + ", but the targets are " + in[1].shape.text(), {},
                   "The last layer needs as many units as the data has targets");
  TANDEM_TRY(requireStepBlock(in[2]));
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_CHECK(c.outputGrads[0] == kNoValue, "a loss must be the last op");
  TANDEM_ASSIGN(const ValueId dx,
                c.program.append1(regression_loss_grad, c.node.attrs, {c.input(0), c.input(1), c.input(2)}));
  return std::vector<ValueId>{dx, kNoValue, kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const RegressionLossAttrs a = *RegressionLossAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[0].type.shape);
  const std::int64_t count = validRows(stepOf(in[2]).data(), shape.rows) * shape.columns;
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    sum += regressionLoss(a.kind, a.delta, in[0].data[at(i)], in[1].data[at(i)]);
  out[0].data[0] = count > 0 ? sum / static_cast<double>(count) : 0.0;
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  const bool bce = RegressionLossAttrs::from(attrs)->kind == RegressionLossKind::BceLogits;
  total.flops = (bce ? 30.0 : 4.0) * static_cast<double>(in[0].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (int kind = 0; kind < 4; ++kind) {
    const RegressionLossAttrs a{static_cast<RegressionLossKind>(kind), 0.7};
    const Fill target = a.kind == RegressionLossKind::BceLogits ? Fill::Unit : Fill::Normal;
    const auto add = [&](const std::string& name, Shape shape, std::int64_t valid, bool perf = false) {
      all.push_back({.name = std::string(nameOf(a.kind)) + "_" + name,
                     .attrs = a.attrs(),
                     .inputs = {f32(shape), f32(shape, target), step(valid)},
                     .perf = perf,
                     .gradientCheck = !perf});
    };
    add("odd", {5, 3}, 5);
    add("padded", {7, 1}, 4);
    add("one", {1, 1}, 1);
    add("large", {1024, 784}, 1000, true);
  }
  return all;
}

}  // namespace

const OpDef regression_loss = {
    .name = "regression_loss",
    .summary = "loss = mean(l(x, t)) over the valid rows",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .loss = true,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
