#include "gpu/epilogue.h"

#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Activate {
  ActivationKind kind;
  float alpha;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = activate(kind, alpha, in[0]);
  }
};

template <class T>
struct AddActivate {
  const T* bias;
  ActivationKind kind;
  float alpha;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {
    out[0] = activate(kind, alpha, in[0] + toFloat(bias[channel]));
  }
};

}  // namespace

Status biasActivation(cudaStream_t stream, DType dtype, void* y, const void* bias, std::int64_t rows,
                      std::int64_t channels, ActivationKind kind, double alpha) {
  if (!bias && kind == ActivationKind::None) return success();
  const auto slope = static_cast<float>(alpha);
  return withElement(dtype, [&]<class T>(T*) {
    const MapPointers<1, 1, T> pointers{{static_cast<T*>(y)}, {static_cast<T*>(y)}};
    if (bias)
      return mapChannels("bias and activation", stream, pointers, rows, channels,
                         AddActivate<T>{static_cast<const T*>(bias), kind, slope});
    return map("activation", stream, pointers, rows * channels, Activate{kind, slope});
  });
}

}  // namespace tandem::cuda
