// mask_steps: replaces what follows the end of each sample. x (N, steps, ...), lengths i32 (N) -> y as x
// Attribute "after": what the steps after the end become:
//   zero     0
//   repeat   the last step before the end, so that the maximum of a window that reaches past the end does not change
//   collect  0, and the last step before the end is the sum of itself and all of them: the gradient of repeat
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef mask_steps;

enum class AfterEnd : std::uint8_t { Zero, Repeat, Collect };
Result<AfterEnd> afterEnd(const Attrs& attrs);

}  // namespace tandem::ops
