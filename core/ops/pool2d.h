// pool2d: the maximum or average of each window, per channel. x (N, H, W, C) -> y (N, OH, OW, C)
// Attributes: "mode" max | average, "window" [2], "stride" [2] (default: the window), "padding" and
// "pads" (window.h), "global" = 1: the window is the whole image. Padding is ignored: it is
// never the maximum and does not count in the divisor of the average (as in Keras). A NaN in a window
// makes its maximum NaN.
#pragma once

#include "core/ops/op.h"
#include "core/ops/window.h"

namespace tandem::ops {

extern const OpDef pool2d;

struct Pool2dGeometry {
  std::int64_t n = 0, c = 0;
  WindowAxis rows, columns;  // in = H, W; out = OH, OW; kernel = the window; dilation 1
  bool average = false;

  Shape x() const { return {n, rows.in, columns.in, c}; }
  Shape y() const { return {n, rows.out, columns.out, c}; }

  static Result<Pool2dGeometry> from(const Attrs& attrs, const Shape& x);
  // From the operands of pool2d_grad.
  static Result<Pool2dGeometry> grad(const Attrs& attrs, std::span<const TensorType> inputs);
};

// The part of a window inside the image: input positions [first, last) of output position o.
struct WindowSpan {
  std::int64_t first = 0, last = 0;
  std::int64_t size() const { return last - first; }
};
inline WindowSpan spanOf(const WindowAxis& axis, std::int64_t o) {
  const std::int64_t start = o * axis.stride - axis.before, end = start + axis.kernel;
  return {start < 0 ? 0 : start, end < axis.in ? end : axis.in};
}

}  // namespace tandem::ops
