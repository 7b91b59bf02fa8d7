// loss_scale: the step block with the loss scale that the device maintains. Dynamic loss scaling
// (Micikevicius et al. 2018, "Mixed precision training"): the loss gradient is multiplied by a scale, so that
// small gradients do not underflow in fp16; weight gradients are divided by it before the update. A step
// whose gradients overflow is skipped and halves the scale; many successful steps in a row double it. All
// this happens on the device (loss_scale_update.h), so that no step waits for the host and a captured step
// stays valid.
#pragma once

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem {

// Values carried from step to step in the State block and in checkpoints; f32, integers are exact.
enum LossScaleSlot : int {
  kLossScaleValue = 0,      // a power of two
  kLossScaleGoodSteps = 1,  // updates since the scale last changed
  kLossScaleSkipped = 2,    // updates skipped since the start of the run; exact up to 2^24
  kLossScaleSlots = 4,      // 16 bytes; the last is 0
};
inline constexpr float kFirstLossScale = 65536, kLargestLossScale = 16777216;
inline constexpr int kLossScaleGrowthSteps = 2000;
// Below this the run has failed: gradients that overflow unscaled are not caused by the scale.
inline constexpr float kSmallestLossScale = 1.0f / 1024;
// Names in the report block.
inline constexpr const char *kLossScaleReport = "loss_scale", *kSkippedStepsReport = "skipped_steps";

namespace ops {

// Operands: 0 step block, 1 scale (kLossScaleSlots). Result: the step block with its loss scale
// replaced by that of the scale operand.
extern const OpDef loss_scale;

}  // namespace ops
}  // namespace tandem
