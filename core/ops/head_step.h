// head_step: the step block as the loss and the metrics of one head read it. A head with an answer for each pixel has
// several rows per sample; the weight of its loss is part of the loss scale, by which every loss multiplies its gradient.
#pragma once

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 step block, 1 count f32 (1), optional: what replaces the number of valid rows, of samples that differ in
// their number of rows (count_steps.h). Attributes: rows per sample, or per counted one (from 1), weight (not negative).
// Result: the step block with the number of valid rows and the loss scale multiplied by them.
extern const OpDef head_step;

}  // namespace tandem::ops
