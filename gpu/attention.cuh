// What attention and its gradient share: products of tiles of rows in shared memory. A block processes 32 rows of one head,
// against tiles of 32 others: the thread of warp w and lane l has the elements (w + 8 i, l) of a product of two tiles, so a
// warp has whole rows. Results of many columns are divided among blocks, each of which computes the scores again.
#pragma once

#include "core/ops/attention.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/reduce.cuh"

namespace tandem::cuda {

constexpr int kTile = 32;
constexpr int kTileRows = kTile * 32 / static_cast<int>(kThreads);  // of a thread
constexpr int kTileWarps = static_cast<int>(kThreads) / 32;
constexpr int kTileParts = 4;  // of 32 columns of a result, per block
constexpr int kTileColumns = 32 * kTileParts;

struct AttentionSizes {
  std::int64_t batch, queries, keys, heads, kvHeads, size;
  std::int64_t queryTiles, keyTiles, chunks;  // chunks: of kTileColumns
  bool causal;
  float scale;

  static AttentionSizes of(const ops::AttentionGeometry& g) {
    const auto tiles = [](std::int64_t n, std::int64_t each) { return (n + each - 1) / each; };
    return {g.batch,
            g.queries,
            g.keys,
            g.heads,
            g.kvHeads,
            g.size,
            tiles(g.queries, kTile),
            tiles(g.keys, kTile),
            tiles(g.size, kTileColumns),
            g.causal,
            static_cast<float>(g.scale)};
  }
  std::int64_t queryBlocks() const { return batch * heads * queryTiles * chunks; }
  std::int64_t keyBlocks() const { return batch * kvHeads * keyTiles * chunks; }

  __device__ std::int64_t length(const std::int32_t* lengths, std::int64_t sample) const {
    if (!lengths) return keys;
    const std::int64_t given = lengths[sample];
    return given < 0 ? 0 : given > keys ? keys : given;
  }
  // The number of keys that a query sees.
  __device__ std::int64_t limit(std::int64_t query, std::int64_t length) const {
    return causal && query + 1 < length ? query + 1 : length;
  }
};

// Rows of one head in a tensor (batch, steps, heads * size); those from `count` on are zeros.
template <class T>
struct HeadRows {
  const T* first;
  std::int64_t stride, count;

  __device__ static HeadRows of(const T* tensor, std::int64_t steps, std::int64_t heads, std::int64_t size,
                                std::int64_t sample, std::int64_t head, std::int64_t row, std::int64_t end) {
    return {tensor + (sample * steps + row) * heads * size + head * size, heads * size, end - row};
  }
  __device__ float at(int row, std::int64_t column) const {
    return row < count ? toFloat(first[row * stride + column]) : 0.0f;
  }
};

// One more column than a tile has, so that the lanes of a warp that read a column use different banks.
struct TileBuffer {
  float at[kTile][kTile + 1];
};

// A part of 32 columns of the rows; columns from `size` on are zeros.
template <class T>
__device__ void loadTile(const HeadRows<T>& rows, std::int64_t column, std::int64_t size, TileBuffer& to) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int i = 0; i < kTileRows; ++i) {
    const int row = warp + kTileWarps * i;
    to.at[row][lane] = column + lane < size ? rows.at(row, column + lane) : 0.0f;
  }
}

// products[i] = a_row . b_lane for the rows of this thread. Uses both buffers.
template <class T>
__device__ void tileProducts(const HeadRows<T>& a, const HeadRows<T>& b, std::int64_t size, TileBuffer& left,
                             TileBuffer& right, float* products) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int i = 0; i < kTileRows; ++i) products[i] = 0.0f;
  for (std::int64_t column = 0; column < size; column += 32) {
    __syncthreads();  // wait for earlier reads of the buffers
    loadTile(a, column, size, left);
    loadTile(b, column, size, right);
    __syncthreads();
    for (int c = 0; c < 32; ++c) {
      const float other = right.at[lane][c];
#pragma unroll
      for (int i = 0; i < kTileRows; ++i) products[i] += left.at[warp + kTileWarps * i][c] * other;
    }
  }
}

// sums[i][j] += sum over the rows of b of weights(row of this thread, row of b) * b(row, column + 32 j + lane).
template <class T>
__device__ void addWeighted(const TileBuffer& weights, const HeadRows<T>& b, std::int64_t column,
                            std::int64_t size, TileBuffer& buffer, float (*sums)[kTileParts]) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int j = 0; j < kTileParts; ++j) {
    if (column + 32 * j >= size) continue;
    __syncthreads();  // wait for the weights and for earlier reads of the buffer
    loadTile(b, column + 32 * j, size, buffer);
    __syncthreads();
    for (int s = 0; s < kTile; ++s) {
      const float value = buffer.at[s][lane];
#pragma unroll
      for (int i = 0; i < kTileRows; ++i) sums[i][j] += weights.at[warp + kTileWarps * i][s] * value;
    }
  }
}

// Stores the sums as rows of one head, from `column` on.
template <class T>
__device__ void storeSums(float (*sums)[kTileParts], T* first, std::int64_t stride, std::int64_t count,
                          std::int64_t column, std::int64_t size) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int i = 0; i < kTileRows; ++i) {
    const int row = warp + kTileWarps * i;
#pragma unroll
    for (int j = 0; j < kTileParts; ++j) {
      const std::int64_t at = column + 32 * j + lane;
      if (row < count && at < size) first[row * stride + at] = fromFloat<T>(sums[i][j]);
    }
  }
}

// What a block computes: a tile of rows of one head, and some of the columns of its result.
struct TileTask {
  std::int64_t sample, head, row, column;

  __device__ static TileTask of(std::int64_t heads, std::int64_t tiles, std::int64_t chunks) {
    std::int64_t index = blockIdx.x;
    TileTask task{};
    task.column = index % chunks * kTileColumns;
    index /= chunks;
    task.row = index % tiles * kTile;
    index /= tiles;
    task.head = index % heads;
    task.sample = index / heads;
    return task;
  }
};

}  // namespace tandem::cuda
