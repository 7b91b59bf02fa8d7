// Sums over the rows of (rows, channels) data, by channel: batch norm's statistics and gradients, bias
// gradients. Two launches: partial sums by blocks of rows, then the sum of these in fixed order.
#pragma once

#include <algorithm>

#include "gpu/element.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {

struct ChannelSplit {
  std::int64_t rows = 0;
  int channels = 0;
  int vector = 1;    // channels a thread takes: as many as 16 bytes hold, where channels and addresses allow
  int threadsX = 1;  // a power of two; threadsY = kThreads / threadsX rows at a time
  int blocksX = 1, splits = 1;

  std::size_t workspaceBytes(int sums) const {
    return static_cast<std::size_t>(splits) * static_cast<std::size_t>(sums) *
           static_cast<std::size_t>(channels) * sizeof(float);
  }
};

// For elements of type T.
template <class T>
ChannelSplit splitChannels(std::int64_t rows, std::int64_t channels) {
  ChannelSplit s;
  s.rows = rows;
  s.channels = static_cast<int>(channels);
  s.vector = channels % kPerAccess<T> == 0 ? kPerAccess<T> : 1;
  const int columns = s.channels / s.vector;
  while (s.threadsX < columns && s.threadsX < 32) s.threadsX *= 2;
  s.blocksX = (columns + s.threadsX - 1) / s.threadsX;
  const std::int64_t rowsAtOnce = static_cast<std::int64_t>(kThreads) / s.threadsX;
  const std::int64_t useful = (rows + 8 * rowsAtOnce - 1) / (8 * rowsAtOnce);
  s.splits =
      static_cast<int>(std::clamp<std::int64_t>(std::min<std::int64_t>(useful, 1024 / s.blocksX), 1, 128));
  return s;
}

// What one element adds to each of the sums.
template <int kSums>
struct Addends {
  float v[kSums];
};

// F::Element is the type in memory; f.prepare<V>(channel) reads once what V channels need; f.addends<V>(row,
// channel, prepared, a) fills a[V] for V channels of a row. partials: (splits, kSums, channels)
template <int kSums, int V, class F>
__global__ void __launch_bounds__(kThreads) channelPartials(ChannelSplit s, F f, float* partials) {
  const int tx = threadIdx.x % s.threadsX, ty = threadIdx.x / s.threadsX;
  const int rowsAtOnce = kThreads / s.threadsX;
  const int channel = (blockIdx.x * s.threadsX + tx) * V;
  const bool inside = channel < s.channels;
  float sums[kSums][V] = {};
  if (inside) {
    const auto state = f.template prepare<V>(channel);
    for (std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * rowsAtOnce + ty; row < s.rows;
         row += static_cast<std::int64_t>(gridDim.y) * rowsAtOnce) {
      Addends<kSums> a[V];
      f.template addends<V>(row, channel, state, a);
#pragma unroll
      for (int k = 0; k < kSums; ++k)
#pragma unroll
        for (int j = 0; j < V; ++j) sums[k][j] += a[j].v[k];
    }
  }
  __shared__ float shared[kThreads];
#pragma unroll
  for (int k = 0; k < kSums; ++k)
#pragma unroll
    for (int j = 0; j < V; ++j) {
      shared[threadIdx.x] = sums[k][j];
      __syncthreads();
      for (int half = rowsAtOnce / 2; half > 0; half /= 2) {
        if (ty < half) shared[threadIdx.x] += shared[threadIdx.x + half * s.threadsX];
        __syncthreads();
      }
      if (ty == 0 && inside)
        partials[(static_cast<std::int64_t>(blockIdx.y) * kSums + k) * s.channels + channel + j] = shared[tx];
      __syncthreads();
    }
}

// finish(channel, sums): called once by channel with the totals, in double.
template <int kSums, class Finish>
__global__ void __launch_bounds__(kThreads)
    channelTotals(int channels, int splits, const float* partials, Finish finish) {
  constexpr int kGroups = kThreads / 32;
  const int tx = threadIdx.x % 32, ty = threadIdx.x / 32;
  const int channel = blockIdx.x * 32 + tx;
  __shared__ double shared[kSums][kGroups][32];
#pragma unroll
  for (int k = 0; k < kSums; ++k) {
    double sum = 0;
    if (channel < channels)
      for (int split = ty; split < splits; split += kGroups)
        sum += partials[(static_cast<std::int64_t>(split) * kSums + k) * channels + channel];
    shared[k][ty][tx] = sum;
  }
  __syncthreads();
  if (ty != 0 || channel >= channels) return;
  double totals[kSums];
#pragma unroll
  for (int k = 0; k < kSums; ++k) {
    totals[k] = 0;
    for (int group = 0; group < kGroups; ++group) totals[k] += shared[k][group][tx];
  }
  finish(channel, totals);
}

// vectors: every address that f reads is 16-byte aligned.
template <int kSums, class F, class Finish>
Status sumChannels(std::string_view name, cudaStream_t stream, const ChannelSplit& plan, bool vectors, F f,
                   Finish finish, float* partials) {
  constexpr int kWide = kPerAccess<typename F::Element>;
  const dim3 grid(static_cast<unsigned>(plan.blocksX), static_cast<unsigned>(plan.splits));
  if (plan.vector == kWide && vectors) {
    TANDEM_TRY(launch(name, channelPartials<kSums, kWide, F>, grid, kThreads, stream, plan, f, partials));
  } else {
    // The same rows by split; only the channels are spread differently.
    ChannelSplit scalar = plan;
    scalar.vector = 1;
    scalar.threadsX = 1;
    while (scalar.threadsX < scalar.channels && scalar.threadsX < 32) scalar.threadsX *= 2;
    scalar.blocksX = (scalar.channels + scalar.threadsX - 1) / scalar.threadsX;
    const dim3 wide(static_cast<unsigned>(scalar.blocksX), static_cast<unsigned>(plan.splits));
    TANDEM_TRY(launch(name, channelPartials<kSums, 1, F>, wide, kThreads, stream, scalar, f, partials));
  }
  return launch(name, channelTotals<kSums, Finish>, dim3(static_cast<unsigned>((plan.channels + 31) / 32)),
                kThreads, stream, plan.channels, plan.splits, partials, finish);
}

}  // namespace tandem::cuda
