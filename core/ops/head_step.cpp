#include "core/ops/head_step.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(requireStepBlock(in[0]));
  TANDEM_CHECK(!hasOperand(in, 1) || in[1] == (TensorType{DType::F32, Shape{1}}), "a count of rows");
  if (attrs.integer("rows", 1) < 1) return invalid("needs at least one row per sample");
  if (!(attrs.number("weight", 1) >= 0)) return invalid("the weight of a loss must not be negative");
  return std::vector{in[0]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  out[0].data = in[0].data;
  if (hasOperand(in, 1)) out[0].data[kStepValidRows] = in[1].data[0];
  out[0].data[kStepValidRows] *= static_cast<double>(attrs.integer("rows", 1));
  out[0].data[kStepLossScale] *= attrs.number("weight", 1);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

std::vector<Sample> samples() {
  return {{.name = "usual", .inputs = {step(7)}},
          {.name = "pixels", .attrs = {{"rows", std::int64_t{784}}, {"weight", 0.25}}, .inputs = {step(7)}},
          {.name = "counted", .attrs = {{"rows", std::int64_t{2}}}, .inputs = {step(7), weights({1})}}};
}

}  // namespace

const OpDef head_step = {
    .name = "head_step",
    .summary = "the step block of one head",
    .operands = {"step", "count"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {1},
    .half = {.why = "scalars"},
};

}  // namespace tandem::ops
