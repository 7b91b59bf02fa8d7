// Sums over the rows of (rows, channels) data, per channel: batch norm statistics and gradients, bias
// gradients. One launch if there are only enough rows for one block; otherwise partial sums by blocks of rows,
// which are then summed in a fixed order.
#pragma once

#include <algorithm>

#include "gpu/element.cuh"
#include "gpu/launch.h"

namespace tandem::cuda {

struct ChannelSplit {
  std::int64_t rows = 0;
  int channels = 0;
  int vector = 1;    // channels per thread: 16 bytes of them if channel count and addresses allow
  int threadsX = 1;  // a power of two; threadsY = kThreads / threadsX rows at a time
  int blocksX = 1, splits = 1;

  void spread(int channelsByThread) {
    vector = channelsByThread;
    const int columns = channels / vector;
    for (threadsX = 1; threadsX < columns && threadsX < 32;) threadsX *= 2;
    blocksX = (columns + threadsX - 1) / threadsX;
  }
  std::size_t workspaceBytes(int sums) const {
    if (splits == 1) return 0;
    return static_cast<std::size_t>(splits) * static_cast<std::size_t>(sums) *
           static_cast<std::size_t>(channels) * sizeof(float);
  }
};

// For elements of type T. A device with 128 multiprocessors runs 512 blocks of 256 threads at once. With four
// 16-byte loads per thread, 8 MB are in flight: more than needed for 5 TB/s at a latency of 1 us.
template <class T>
ChannelSplit splitChannels(std::int64_t rows, std::int64_t channels) {
  ChannelSplit s;
  s.rows = rows;
  s.channels = static_cast<int>(channels);
  s.spread(channels % kPerAccess<T> == 0 ? kPerAccess<T> : 1);
  const std::int64_t rowsAtOnce = static_cast<std::int64_t>(kThreads) / s.threadsX;
  if (rows <= 16 * rowsAtOnce) return s;
  const std::int64_t useful = (rows + 8 * rowsAtOnce - 1) / (8 * rowsAtOnce);
  s.splits = static_cast<int>(std::clamp<std::int64_t>(512 / s.blocksX, 1, useful));
  return s;
}

// Calls out(channel, sums) for each channel of this block's columns, with the sums over the block's rows.
// F::Element is the type in memory. f.prepare<V>(channel) reads once what V channels need. f.load<V>(row,
// channel) reads the values of a row, with F::kRows rows in flight. f.add<V>(row, channel, prepared, loaded,
// sums) adds them to sums[kSums][V].
template <int kSums, int V, class F, class Out>
__global__ void __launch_bounds__(kThreads, 4) channelSums(ChannelSplit s, F f, Out out) {
  const int tx = threadIdx.x % s.threadsX, ty = threadIdx.x / s.threadsX;
  const int rowsAtOnce = kThreads / s.threadsX;
  const int channel = (blockIdx.x * s.threadsX + tx) * V;
  float sums[kSums][V] = {};
  if (channel < s.channels) {
    const auto prepared = f.template prepare<V>(channel);
    const std::int64_t step = static_cast<std::int64_t>(gridDim.y) * rowsAtOnce;
    std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * rowsAtOnce + ty;
    for (; row + (F::kRows - 1) * step < s.rows; row += F::kRows * step) {
      typename F::template Loaded<V> loaded[F::kRows];
#pragma unroll
      for (int i = 0; i < F::kRows; ++i) loaded[i] = f.template load<V>(row + i * step, channel);
#pragma unroll
      for (int i = 0; i < F::kRows; ++i)
        f.template add<V>(row + i * step, channel, prepared, loaded[i], sums);
    }
    for (; row < s.rows; row += step)
      f.template add<V>(row, channel, prepared, f.template load<V>(row, channel), sums);
  }
  // Combine the lanes that share columns, then the warps, in order.
  constexpr int kWarps = static_cast<int>(kThreads) / 32;
  alignas(16) __shared__ float shared[kWarps][kSums][32 * V];
  const int warp = threadIdx.x / 32;
#pragma unroll
  for (int k = 0; k < kSums; ++k) {
#pragma unroll
    for (int j = 0; j < V; ++j)
      for (int lane = s.threadsX; lane < 32; lane *= 2)
        sums[k][j] += __shfl_xor_sync(0xFFFFFFFFu, sums[k][j], lane);
    if (static_cast<int>(threadIdx.x % 32) < s.threadsX) storeVector<V>(sums[k], &shared[warp][k][tx * V]);
  }
  __syncthreads();
  const int column = threadIdx.x, first = blockIdx.x * s.threadsX * V;
  if (column >= s.threadsX * V || first + column >= s.channels) return;
  double totals[kSums] = {};
#pragma unroll
  for (int k = 0; k < kSums; ++k)
    for (int i = 0; i < kWarps; ++i) totals[k] += shared[i][k][column];
  out(first + column, totals);
}

// (splits, kSums, channels)
template <int kSums>
struct ToPartials {
  float* partials;
  int channels;
  __device__ void operator()(int channel, const double* sums) const {
#pragma unroll
    for (int k = 0; k < kSums; ++k)
      partials[(static_cast<std::int64_t>(blockIdx.y) * kSums + k) * channels + channel] =
          static_cast<float>(sums[k]);
  }
};

// Calls finish(channel, sums) once per channel with the totals in double.
template <int kSums, class Finish>
__global__ void __launch_bounds__(kThreads)
    channelTotals(int channels, int splits, const float* partials, Finish finish) {
  constexpr int kColumns = 8;  // 32 bytes at a time, the smallest memory transaction
  constexpr int kGroups = static_cast<int>(kThreads) / kColumns;
  const int tx = threadIdx.x % kColumns, ty = threadIdx.x / kColumns;
  const int channel = blockIdx.x * kColumns + tx;
  __shared__ double shared[kSums][kGroups][kColumns];
  double sums[kSums] = {};
  if (channel < channels) {
#pragma unroll 4
    for (int split = ty; split < splits; split += kGroups)
#pragma unroll
      for (int k = 0; k < kSums; ++k)
        sums[k] += partials[(static_cast<std::int64_t>(split) * kSums + k) * channels + channel];
  }
#pragma unroll
  for (int k = 0; k < kSums; ++k) shared[k][ty][tx] = sums[k];
  __syncthreads();
  if (ty != 0 || channel >= channels) return;
#pragma unroll
  for (int k = 0; k < kSums; ++k)
    for (int group = 1; group < kGroups; ++group) sums[k] += shared[k][group][tx];
  finish(channel, sums);
}

template <int kSums, int V, class F, class Finish>
Status sumSplitChannels(std::string_view name, cudaStream_t stream, const ChannelSplit& s, F f, Finish finish,
                        float* partials) {
  const dim3 grid(static_cast<unsigned>(s.blocksX), static_cast<unsigned>(s.splits));
  if (s.splits == 1)
    return launch(name, channelSums<kSums, V, F, Finish>, grid, kThreads, stream, s, f, finish);
  const ToPartials<kSums> out{partials, s.channels};
  TANDEM_TRY(launch(name, channelSums<kSums, V, F, ToPartials<kSums>>, grid, kThreads, stream, s, f, out));
  return launch(name, channelTotals<kSums, Finish>, dim3(static_cast<unsigned>((s.channels + 7) / 8)),
                kThreads, stream, s.channels, s.splits, partials, finish);
}

// vectors: all addresses that f reads are 16-byte aligned. partials: plan.workspaceBytes(kSums) bytes.
template <int kSums, class F, class Finish>
Status sumChannels(std::string_view name, cudaStream_t stream, const ChannelSplit& plan, bool vectors, F f,
                   Finish finish, float* partials) {
  constexpr int kWide = kPerAccess<typename F::Element>;
  if (plan.vector == kWide && vectors)
    return sumSplitChannels<kSums, kWide>(name, stream, plan, f, finish, partials);
  // The splits have the same rows; only the channels are distributed differently.
  ChannelSplit scalar = plan;
  scalar.spread(1);
  return sumSplitChannels<kSums, 1>(name, stream, scalar, f, finish, partials);
}

}  // namespace tandem::cuda
