#include "core/ops/loss_scale.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs&, std::span<const TensorType> in) {
  TANDEM_TRY(requireStepBlock(in[0]));
  TANDEM_CHECK(in[1] == (TensorType{DType::F32, Shape{kLossScaleSlots}}), "operand is not a loss scale");
  return std::vector{in[0]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  out[0].data = in[0].data;
  out[0].data[kStepLossScale] = in[1].data[kLossScaleValue];
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  return {{.name = "scalars", .inputs = {step(7), f32({kLossScaleSlots}, Fill::Positive)}}};
}

}  // namespace

const OpDef loss_scale = {
    .name = "loss_scale",
    .summary = "the step block with the loss scale of the device",
    .operands = {"step", "scale"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "scalars"},
};

}  // namespace tandem::ops
