// Element-wise kernels: each thread takes four consecutive elements with 16-byte loads and stores.
#pragma once

#include "gpu/launch.h"

namespace tandem::cuda {

template <int kIn, int kOut>
struct MapPointers {
  const float* in[kIn > 0 ? kIn : 1];
  float* out[kOut];
};

// f(in, out, index): one element; `in` and `out` are registers, so indices into them must be constants.
// A pointer may occur as input and output: every thread reads its elements before it writes them.
template <int kIn, int kOut, class F>
__global__ void __launch_bounds__(kThreads)
    mapKernel(MapPointers<kIn, kOut> p, std::int64_t n, bool vectors, F f) {
  const std::int64_t first = 4 * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  if (vectors && first + 4 <= n) {
    float in[4][kIn > 0 ? kIn : 1], out[4][kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) {
      const float4 v = *reinterpret_cast<const float4*>(p.in[k] + first);
      in[0][k] = v.x;
      in[1][k] = v.y;
      in[2][k] = v.z;
      in[3][k] = v.w;
    }
#pragma unroll
    for (int c = 0; c < 4; ++c) f(in[c], out[c], first + c);
#pragma unroll
    for (int k = 0; k < kOut; ++k)
      *reinterpret_cast<float4*>(p.out[k] + first) = make_float4(out[0][k], out[1][k], out[2][k], out[3][k]);
    return;
  }
  const std::int64_t last = first + 4 < n ? first + 4 : n;
  for (std::int64_t i = first; i < last; ++i) {
    float in[kIn > 0 ? kIn : 1], out[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) in[k] = p.in[k][i];
    f(in, out, i);
#pragma unroll
    for (int k = 0; k < kOut; ++k) p.out[k][i] = out[k];
  }
}

// The same over (rows, channels) data; f gets the channel instead of the element's index.
template <int kIn, int kOut, class F>
__global__ void __launch_bounds__(kThreads)
    channelMapKernel(MapPointers<kIn, kOut> p, std::int64_t n, std::uint32_t channels, bool vectors, F f) {
  const std::int64_t first = 4 * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  // 32-bit division where it suffices: it is several times cheaper.
  const std::uint32_t channel = n <= 0xFFFFFFFFll ? static_cast<std::uint32_t>(first) % channels
                                                  : static_cast<std::uint32_t>(first % channels);
  if (vectors && first + 4 <= n) {
    float in[4][kIn], out[4][kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) {
      const float4 v = *reinterpret_cast<const float4*>(p.in[k] + first);
      in[0][k] = v.x;
      in[1][k] = v.y;
      in[2][k] = v.z;
      in[3][k] = v.w;
    }
    std::uint32_t at = channel;
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      f(in[c], out[c], at);
      at = at + 1 == channels ? 0 : at + 1;
    }
#pragma unroll
    for (int k = 0; k < kOut; ++k)
      *reinterpret_cast<float4*>(p.out[k] + first) = make_float4(out[0][k], out[1][k], out[2][k], out[3][k]);
    return;
  }
  const std::int64_t last = first + 4 < n ? first + 4 : n;
  std::uint32_t at = channel;
  for (std::int64_t i = first; i < last; ++i) {
    float in[kIn], out[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) in[k] = p.in[k][i];
    f(in, out, at);
    at = at + 1 == channels ? 0 : at + 1;
#pragma unroll
    for (int k = 0; k < kOut; ++k) p.out[k][i] = out[k];
  }
}

template <int kIn, int kOut>
bool allAligned(const MapPointers<kIn, kOut>& p) {
  bool aligned = true;
  for (int k = 0; k < kIn; ++k) aligned = aligned && aligned16(p.in[k]);
  for (int k = 0; k < kOut; ++k) aligned = aligned && aligned16(p.out[k]);
  return aligned;
}

template <int kIn, int kOut, class F>
Status map(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut>& p, std::int64_t n, F f) {
  if (n == 0) return success();
  return launch(name, mapKernel<kIn, kOut, F>, blocksFor((n + 3) / 4), kThreads, stream, p, n, allAligned(p),
                f);
}

template <int kIn, int kOut, class F>
Status mapChannels(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut>& p,
                   std::int64_t rows, std::int64_t channels, F f) {
  const std::int64_t n = rows * channels;
  if (n == 0) return success();
  return launch(name, channelMapKernel<kIn, kOut, F>, blocksFor((n + 3) / 4), kThreads, stream, p, n,
                static_cast<std::uint32_t>(channels), allAligned(p), f);
}

}  // namespace tandem::cuda
