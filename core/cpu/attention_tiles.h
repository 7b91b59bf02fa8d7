// What attention and its gradient share: tiles of rows of one head, and their products.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/ops/attention.h"

namespace tandem::cpu {

// Queries and keys per tile: the scores of a tile fit into the L1 cache. The tiles do not depend on the number of threads,
// so that results do not either.
constexpr std::int64_t kAttentionTile = 64;

// T: float or const float.
template <class T>
struct Tile {
  T* data;
  std::int64_t rows, columns, stride;  // stride: from one row to the next

  T* row(std::int64_t r) const { return data + r * stride; }
  void clear() const {
    for (std::int64_t r = 0; r < rows; ++r) std::fill_n(row(r), columns, T{0});
  }
};

// On the calling thread.
void tileProductTransposed(Tile<const float> a, Tile<const float> b, Tile<float> y);     // y = a b^T
void addTileProduct(Tile<const float> a, Tile<const float> b, Tile<float> y);            // y += a b
void addTransposedTileProduct(Tile<const float> a, Tile<const float> b, Tile<float> y);  // y += a^T b

// Rows `first` to `first + count` of one head of one sample, of a tensor like q or like k.
template <class T>
Tile<T> queryTile(const ops::AttentionGeometry& g, T* tensor, std::int64_t sample, std::int64_t head,
                  std::int64_t first, std::int64_t count) {
  return {tensor + (sample * g.queries + first) * g.width() + head * g.size, count, g.size, g.width()};
}
template <class T>
Tile<T> keyTile(const ops::AttentionGeometry& g, T* tensor, std::int64_t sample, std::int64_t head,
                std::int64_t first, std::int64_t count) {
  return {tensor + (sample * g.keys + first) * g.kvWidth() + head * g.size, count, g.size, g.kvWidth()};
}

// The scores of a tile, on the stack.
struct TileScores {
  alignas(64) float values[kAttentionTile * kAttentionTile];

  Tile<float> as(std::int64_t rows, std::int64_t columns) { return {values, rows, columns, kAttentionTile}; }
};

inline Tile<const float> asConst(const Tile<float>& tile) {
  return {tile.data, tile.rows, tile.columns, tile.stride};
}

inline std::int64_t lengthOf(const ops::AttentionGeometry& g, const std::int32_t* lengths,
                             std::int64_t sample) {
  return lengths ? g.length(lengths[sample]) : g.keys;
}

}  // namespace tandem::cpu
