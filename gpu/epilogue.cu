#include "gpu/epilogue.h"

#include "gpu/activation.cuh"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

template <ActivationKind kKind, class T>
struct AddActivate {
  const T* bias;
  float alpha;

  bool aligned() const { return aligned16(bias); }
  template <int V>
  struct Prepared {
    float bias[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(bias + channel, prepared.bias);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {
    out[0] = activate(kKind, alpha, in[0] + prepared.bias[j]);
  }
};

}  // namespace

Status biasActivation(cudaStream_t stream, DType dtype, void* y, const void* bias, std::int64_t rows,
                      std::int64_t channels, ActivationKind kind, double alpha) {
  if (!bias && kind == ActivationKind::None) return success();
  const auto slope = static_cast<float>(alpha);
  return withElement(dtype, [&]<class T>(T*) {
    const MapPointers<1, 1, T> pointers{{static_cast<T*>(y)}, {static_cast<T*>(y)}};
    return withActivation(kind, [&](auto constant) {
      if (bias)
        return mapChannels("bias and activation", stream, pointers, rows, channels,
                           AddActivate<constant(), T>{static_cast<const T*>(bias), slope});
      return map("activation", stream, pointers, rows * channels, Activate<constant()>{slope});
    });
  });
}

}  // namespace tandem::cuda
