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

struct AddActivate {
  const float* bias;
  ActivationKind kind;
  float alpha;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {
    out[0] = activate(kind, alpha, in[0] + bias[channel]);
  }
};

}  // namespace

Status biasActivation(cudaStream_t stream, float* y, const float* bias, std::int64_t rows,
                      std::int64_t channels, ActivationKind kind, double alpha) {
  const MapPointers<1, 1> pointers{{y}, {y}};
  const auto slope = static_cast<float>(alpha);
  if (bias)
    return mapChannels("bias and activation", stream, pointers, rows, channels,
                       AddActivate{bias, kind, slope});
  if (kind == ActivationKind::None) return success();
  return map("activation", stream, pointers, rows * channels, Activate{kind, slope});
}

}  // namespace tandem::cuda
