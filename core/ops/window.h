// The sliding window of convolution and pooling: strides, dilation and padding, resolved to numbers.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/result.h"
#include "core/ops/attrs.h"

namespace tandem::ops {

// Of a kernel, a stride, a dilation or a pad: larger than any image; so that products of extents cannot overflow.
inline constexpr std::int64_t kMaxWindowSize = 65536;

// One axis (rows or columns) of a sliding window. Position o of the output reads the input positions
// o * stride - before + k * dilation, k in [0, kernel), that are inside [0, in).
struct WindowAxis {
  std::int64_t in = 0, out = 0, kernel = 1, stride = 1, dilation = 1;
  std::int64_t before = 0, after = 0;  // padding; the last windows may not use all of `after`

  std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
  std::int64_t position(std::int64_t o, std::int64_t k) const { return o * stride - before + k * dilation; }
};

struct Window2d {
  WindowAxis rows, columns;
};

// Reads "stride" [2] (default: `defaultStride`), "dilation" [2] (1, 1), "padding": valid | same | explicit
// and, when explicit, "pads" [top, bottom, left, right]. "same" follows TensorFlow: the output has ceil(in /
// stride) positions, and an odd total padding has its extra row or column at the bottom or right. `what`
// names the window in messages: "kernel" or "window".
Result<Window2d> resolveWindow(const Attrs& attrs, std::array<std::int64_t, 2> image,
                               std::array<std::int64_t, 2> kernel, std::array<std::int64_t, 2> defaultStride,
                               const std::string& what);

}  // namespace tandem::ops
