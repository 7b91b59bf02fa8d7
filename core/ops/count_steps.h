// count_steps: how many steps the valid samples of a batch have together. lengths i32 (N), step block -> f32 (1)
// Attribute "steps": the most that a sample has.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef count_steps;

}  // namespace tandem::ops
