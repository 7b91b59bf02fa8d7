// Sliding windows on the device, with 32-bit indices.
#pragma once

#include <cstdint>

#include "core/ops/window.h"

namespace tandem::cuda {

struct Axis {
  int in, out, kernel, stride, dilation, before;

  static Axis of(const ops::WindowAxis& a) {
    return {static_cast<int>(a.in),     static_cast<int>(a.out),      static_cast<int>(a.kernel),
            static_cast<int>(a.stride), static_cast<int>(a.dilation), static_cast<int>(a.before)};
  }
  // Input position of offset k in the window of output position o; may be outside [0, in).
  __host__ __device__ int position(int o, int k) const { return o * stride - before + k * dilation; }
  // The part of window o that is inside the image: [first, last). For dilation 1.
  __host__ __device__ int first(int o) const {
    const int start = o * stride - before;
    return start < 0 ? 0 : start;
  }
  __host__ __device__ int last(int o) const {
    const int end = o * stride - before + kernel;
    return end < in ? end : in;
  }
  // The windows that cover input position i: [firstWindow, lastWindow). For dilation 1.
  __host__ __device__ int firstWindow(int i) const {
    const int past =
        i + before - kernel;  // window o covers i if o * stride > past and o * stride <= i + before
    return past < 0 ? 0 : past / stride + 1;
  }
  __host__ __device__ int lastWindow(int i) const {
    const int end = (i + before) / stride + 1;
    return end < out ? end : out;
  }
};

}  // namespace tandem::cuda
