// window_lengths: the lengths of sequences after a window has slid over them. lengths i32 (N) -> i32 (N)
// Attributes: "extent", the steps of a window, and "stride". Windows that reach past the end of a sample do not count,
// except for the first, since no sample is empty.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef window_lengths;

struct LengthWindow {
  std::int32_t extent = 1, stride = 1;
  static Result<LengthWindow> from(const Attrs& attrs);
};

}  // namespace tandem::ops
