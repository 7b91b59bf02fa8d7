// The slopes of prelu, one for each channel.
#pragma once

#include "gpu/map.cuh"

namespace tandem::cuda {

// For mapChannels: the first operand where operand kX, the layer's input, is positive, else its product with the slope.
template <int kX>
struct Slopes {
  const float* alpha;

  bool aligned() const { return aligned16(alpha); }
  template <int V>
  struct Prepared {
    float alpha[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(alpha + channel, prepared.alpha);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {
    out[0] = in[kX] > 0 ? in[0] : prepared.alpha[j] * in[0];
  }
};

}  // namespace tandem::cuda
