// Element-wise kernels: each thread takes as many consecutive elements as one 16-byte access holds.
#pragma once

#include "gpu/element.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {

template <int kIn, int kOut, class T = float>
struct MapPointers {
  const T* in[kIn > 0 ? kIn : 1];
  T* out[kOut];
};

// f(in, out, index): one element; `in` and `out` are registers, so indices into them must be constants.
// A pointer may occur as input and output: every thread reads its elements before it writes them.
template <int kIn, int kOut, class T, class F>
__global__ void __launch_bounds__(kThreads)
    mapKernel(MapPointers<kIn, kOut, T> p, std::int64_t n, bool vectors, F f) {
  constexpr int V = kPerAccess<T>;
  const std::int64_t first = V * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  if (vectors && first + V <= n) {
    float in[V][kIn > 0 ? kIn : 1], out[V][kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) {
      float v[V];
      loadVector<V>(p.in[k] + first, v);
#pragma unroll
      for (int c = 0; c < V; ++c) in[c][k] = v[c];
    }
#pragma unroll
    for (int c = 0; c < V; ++c) f(in[c], out[c], first + c);
#pragma unroll
    for (int k = 0; k < kOut; ++k) {
      float v[V];
#pragma unroll
      for (int c = 0; c < V; ++c) v[c] = out[c][k];
      storeVector<V>(v, p.out[k] + first);
    }
    return;
  }
  const std::int64_t last = first + V < n ? first + V : n;
  for (std::int64_t i = first; i < last; ++i) {
    float in[kIn > 0 ? kIn : 1], out[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) in[k] = toFloat(p.in[k][i]);
    f(in, out, i);
#pragma unroll
    for (int k = 0; k < kOut; ++k) p.out[k][i] = fromFloat<T>(out[k]);
  }
}

// The same over (rows, channels) data; f gets the channel instead of the element's index.
template <int kIn, int kOut, class T, class F>
__global__ void __launch_bounds__(kThreads)
    channelMapKernel(MapPointers<kIn, kOut, T> p, std::int64_t n, std::uint32_t channels, bool vectors, F f) {
  constexpr int V = kPerAccess<T>;
  const std::int64_t first = V * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  // 32-bit division where it suffices: it is several times cheaper.
  const std::uint32_t channel = n <= 0xFFFFFFFFll ? static_cast<std::uint32_t>(first) % channels
                                                  : static_cast<std::uint32_t>(first % channels);
  if (vectors && first + V <= n) {
    float in[V][kIn], out[V][kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) {
      float v[V];
      loadVector<V>(p.in[k] + first, v);
#pragma unroll
      for (int c = 0; c < V; ++c) in[c][k] = v[c];
    }
    std::uint32_t at = channel;
#pragma unroll
    for (int c = 0; c < V; ++c) {
      f(in[c], out[c], at);
      at = at + 1 == channels ? 0 : at + 1;
    }
#pragma unroll
    for (int k = 0; k < kOut; ++k) {
      float v[V];
#pragma unroll
      for (int c = 0; c < V; ++c) v[c] = out[c][k];
      storeVector<V>(v, p.out[k] + first);
    }
    return;
  }
  const std::int64_t last = first + V < n ? first + V : n;
  std::uint32_t at = channel;
  for (std::int64_t i = first; i < last; ++i) {
    float in[kIn], out[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) in[k] = toFloat(p.in[k][i]);
    f(in, out, at);
    at = at + 1 == channels ? 0 : at + 1;
#pragma unroll
    for (int k = 0; k < kOut; ++k) p.out[k][i] = fromFloat<T>(out[k]);
  }
}

template <int kIn, int kOut, class T>
bool allAligned(const MapPointers<kIn, kOut, T>& p) {
  bool aligned = true;
  for (int k = 0; k < kIn; ++k) aligned = aligned && aligned16(p.in[k]);
  for (int k = 0; k < kOut; ++k) aligned = aligned && aligned16(p.out[k]);
  return aligned;
}

// Blocks that give each run of one access' elements a thread.
template <class T>
dim3 blocksForRuns(std::int64_t n) {
  return blocksFor((n + kPerAccess<T> - 1) / kPerAccess<T>);
}

template <int kIn, int kOut, class T, class F>
Status map(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut, T>& p, std::int64_t n,
           F f) {
  if (n == 0) return success();
  return launch(name, mapKernel<kIn, kOut, T, F>, blocksForRuns<T>(n), kThreads, stream, p, n, allAligned(p),
                f);
}

template <int kIn, int kOut, class T, class F>
Status mapChannels(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut, T>& p,
                   std::int64_t rows, std::int64_t channels, F f) {
  const std::int64_t n = rows * channels;
  if (n == 0) return success();
  return launch(name, channelMapKernel<kIn, kOut, T, F>, blocksForRuns<T>(n), kThreads, stream, p, n,
                static_cast<std::uint32_t>(channels), allAligned(p), f);
}

}  // namespace tandem::cuda
