// Element-wise kernels: each thread processes the consecutive elements of one 16-byte access.
#pragma once

#include <algorithm>

#include "gpu/element.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {

template <int kIn, int kOut, class T = float>
struct MapPointers {
  const T* in[kIn > 0 ? kIn : 1];
  T* out[kOut];
};

// f(in, out, index) computes one element; `in` and `out` are registers, so they need constant indices.
// A pointer may be both input and output, because every thread reads its elements before it writes them.
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

// Chosen so that a thread has at least four 16-byte loads in flight.
template <int kIn>
constexpr int kRunsOfThread = kIn == 1 ? 4 : 2;

// The same for (rows, channels) data. f.prepare<V>(channel) reads what V channels need; f(in, out, prepared,
// j) computes one element of the j-th of them. A thread processes up to kRunsOfThread runs of V elements of
// the same channels, so that it prepares only once: run k begins at V * (thread index + k * stride), and
// stride is a multiple of the runs per row.
template <int V, int kIn, int kOut, class T, class F>
__global__ void __launch_bounds__(kThreads, 4)
    channelMapKernel(MapPointers<kIn, kOut, T> p, std::int64_t runs, std::int64_t stride,
                     std::uint32_t perRow, F f) {
  const std::int64_t own = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (own >= stride) return;
  const auto prepared = f.template prepare<V>(V * static_cast<int>(own - quotient(own, perRow) * perRow));
  Packed<V, T> in[kRunsOfThread<kIn>][kIn];
#pragma unroll
  for (int r = 0; r < kRunsOfThread<kIn>; ++r)
#pragma unroll
    for (int k = 0; k < kIn; ++k)
      if (own + r * stride < runs) in[r][k] = loadPacked<V>(p.in[k] + V * (own + r * stride));
#pragma unroll
  for (int r = 0; r < kRunsOfThread<kIn>; ++r) {
    if (own + r * stride >= runs) return;
    float loaded[kIn][V], out[kOut][V];
#pragma unroll
    for (int k = 0; k < kIn; ++k) unpack(in[r][k], loaded[k]);
#pragma unroll
    for (int j = 0; j < V; ++j) {
      float from[kIn], to[kOut];
#pragma unroll
      for (int k = 0; k < kIn; ++k) from[k] = loaded[k][j];
      f(from, to, prepared, j);
#pragma unroll
      for (int k = 0; k < kOut; ++k) out[k][j] = to[k];
    }
#pragma unroll
    for (int k = 0; k < kOut; ++k) storeVector<V>(out[k], p.out[k] + V * (own + r * stride));
  }
}

template <int kIn, int kOut, class T>
bool allAligned(const MapPointers<kIn, kOut, T>& p) {
  bool aligned = true;
  for (int k = 0; k < kIn; ++k) aligned = aligned && aligned16(p.in[k]);
  for (int k = 0; k < kOut; ++k) aligned = aligned && aligned16(p.out[k]);
  return aligned;
}

// The number of blocks that gives each run of V elements a thread.
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

template <int V, int kIn, int kOut, class T, class F>
Status mapChannelRuns(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut, T>& p,
                      std::int64_t rows, std::int64_t channels, F f) {
  const std::int64_t perRow = channels / V, runs = rows * perRow;
  // A thread gets several runs only once all threads of a device have one.
  constexpr std::int64_t kBusy = 1 << 18;
  const std::int64_t threads =
      std::max((runs + kRunsOfThread<kIn> - 1) / kRunsOfThread<kIn>, std::min(runs, kBusy));
  const std::int64_t stride = (threads + perRow - 1) / perRow * perRow;
  return launch(name, channelMapKernel<V, kIn, kOut, T, F>, blocksFor(stride), kThreads, stream, p, runs,
                stride, static_cast<std::uint32_t>(perRow), f);
}

// Uses 16-byte runs if a row is a multiple of them and all addresses, also those of f, are aligned.
template <int kIn, int kOut, class T, class F>
Status mapChannels(std::string_view name, cudaStream_t stream, const MapPointers<kIn, kOut, T>& p,
                   std::int64_t rows, std::int64_t channels, F f) {
  if (rows * channels == 0) return success();
  if (channels % kPerAccess<T> == 0 && allAligned(p) && f.aligned())
    return mapChannelRuns<kPerAccess<T>>(name, stream, p, rows, channels, f);
  return mapChannelRuns<1>(name, stream, p, rows, channels, f);
}

}  // namespace tandem::cuda
