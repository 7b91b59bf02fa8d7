// loss_scale_update: decides on the device whether this step counts, once the gradients are known, and
// adjusts the loss scale (loss_scale.h). If the step block already skips the update, because the gradients of further
// batches follow, it does neither.
//   norm finite      good += 1; at kLossScaleGrowthSteps: scale *= 2, at most kLargestLossScale, good = 0
//   norm not finite  skip; skipped += 1; scale /= 2; good = 0
#pragma once

#include "core/ops/loss_scale.h"
#include "core/ops/step_corrections.h"

namespace tandem::ops {

// Operands: scale (kLossScaleSlots), norm of all gradients (1), step block. All f32. Results: one
// replaces the scale; step block with the skip slot set if the step does not count, and with the optimizer's
// corrections for the steps that did; the norm, 0 if the step does not count (1); the loss scale of this
// step (1); skipped steps (1). The last three are for the report. Attributes: those of StepCorrections.
extern const OpDef loss_scale_update;

struct LossScaleUpdateIn {
  enum : std::uint8_t { kScale, kNorm, kStep };
};
struct LossScaleUpdateOut {
  enum : std::uint8_t { kScale, kStep, kNorm, kLossScale, kSkipped };
};

struct LossScaleRule {
  StepCorrections corrections;

  static LossScaleRule from(const Attrs& attrs) { return {StepCorrections::from(attrs)}; }

  // Applies one step. Writes scale and stepOut; stepOut must not alias step.
  TANDEM_HD void operator()(float norm, const float* step, float* scale, float* stepOut,
                            float* report) const {
    const bool finite = norm - norm == 0;
    for (int i = 0; i < kStepSlots; ++i) stepOut[i] = step[i];
    report[0] = finite ? norm : 0.0f;
    report[1] = scale[kLossScaleValue];
    if (step[kStepSkip] != 0) {
      // Decided with the last batch of the update.
    } else if (finite) {
      scale[kLossScaleGoodSteps] += 1;
      if (scale[kLossScaleGoodSteps] >= static_cast<float>(kLossScaleGrowthSteps)) {
        const float doubled = 2 * scale[kLossScaleValue];
        if (doubled <= kLargestLossScale) scale[kLossScaleValue] = doubled;
        scale[kLossScaleGoodSteps] = 0;
      }
    } else {
      stepOut[kStepSkip] = 1;
      stepOut[kStepWeightShare] = 0;
      scale[kLossScaleSkipped] += 1;
      scale[kLossScaleValue] *= 0.5f;
      scale[kLossScaleGoodSteps] = 0;
    }
    report[2] = scale[kLossScaleSkipped];
    if (scale[kLossScaleSkipped] > 0) {
      const double counted = static_cast<double>(step[kStepUpdate]) - scale[kLossScaleSkipped];
      corrections.write(counted < 1 ? 1.0 : counted, stepOut);
    }
  }
};

}  // namespace tandem::ops
