// loss_scale: the step block with the loss scale that the device itself keeps. Dynamic loss scaling
// (Micikevicius et al. 2018, "Mixed precision training"): the loss gradient is multiplied by a scale, so that
// small gradients do not vanish in fp16; weights' gradients are divided by it before the update. A step whose
// gradients overflow is left out and halves the scale; many good ones in a row double it. All on the device
// (loss_scale_update.h), so that no step waits for the host and a captured step stays valid.
#pragma once

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem {

// What is carried from step to step, in the State block and in checkpoints; f32, integers are exact.
enum LossScaleSlot : int {
  kLossScaleValue = 0,      // a power of two
  kLossScaleGoodSteps = 1,  // since the scale last changed
  kLossScaleSkipped = 2,    // steps left out since the start of the run; exact up to 2^24
  kLossScaleSlots = 4,      // 16 bytes; the last is 0
};
inline constexpr float kFirstLossScale = 65536, kLargestLossScale = 16777216;
inline constexpr int kLossScaleGrowthSteps = 2000;
// Below it a run has failed: gradients that overflow unscaled are no matter of the scale.
inline constexpr float kSmallestLossScale = 1.0f / 1024;
// Names in the report block.
inline constexpr const char *kLossScaleReport = "loss_scale", *kSkippedStepsReport = "skipped_steps";

namespace ops {

// Operands: 0 step block, 1 scale (kLossScaleSlots). Result: a step block whose loss scale is the scale's
// value and whose other slots are as given.
extern const OpDef loss_scale;

}  // namespace ops
}  // namespace tandem
