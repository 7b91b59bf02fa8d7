// What attention and its gradient share: tiles of rows of one head, whose products Eigen computes on one thread.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>

#include "core/ops/attention.h"

namespace tandem::cpu {

// Queries and keys per tile: the scores of a tile fit into the L1 cache. The tiles do not depend on the number of threads,
// so that results do not either.
constexpr std::int64_t kAttentionTile = 64;

using TileMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using TileRows = Eigen::Map<const TileMatrix, 0, Eigen::OuterStride<>>;
using TileResult = Eigen::Map<TileMatrix, 0, Eigen::OuterStride<>>;

// Rows `first` to `first + count` of one head of one sample, in a tensor (batch, steps, width).
inline std::int64_t tileOffset(const ops::AttentionGeometry& g, std::int64_t sample, std::int64_t first,
                               std::int64_t head, bool ofKeys) {
  const std::int64_t steps = ofKeys ? g.keys : g.queries, width = ofKeys ? g.kvWidth() : g.width();
  return (sample * steps + first) * width + head * g.size;
}
inline TileRows queryRows(const ops::AttentionGeometry& g, const float* from, std::int64_t sample,
                          std::int64_t head, std::int64_t first, std::int64_t count) {
  return {from + tileOffset(g, sample, first, head, false), count, g.size, Eigen::OuterStride<>(g.width())};
}
inline TileRows keyRows(const ops::AttentionGeometry& g, const float* from, std::int64_t sample,
                        std::int64_t head, std::int64_t first, std::int64_t count) {
  return {from + tileOffset(g, sample, first, head, true), count, g.size, Eigen::OuterStride<>(g.kvWidth())};
}
inline TileResult queryResult(const ops::AttentionGeometry& g, float* to, std::int64_t sample,
                              std::int64_t head, std::int64_t first, std::int64_t count) {
  return {to + tileOffset(g, sample, first, head, false), count, g.size, Eigen::OuterStride<>(g.width())};
}
inline TileResult keyResult(const ops::AttentionGeometry& g, float* to, std::int64_t sample,
                            std::int64_t head, std::int64_t first, std::int64_t count) {
  return {to + tileOffset(g, sample, first, head, true), count, g.size, Eigen::OuterStride<>(g.kvWidth())};
}

// A tile on the stack.
struct TileScores {
  alignas(64) float values[kAttentionTile * kAttentionTile];
  TileResult as(std::int64_t rows, std::int64_t columns) {
    return {values, rows, columns, Eigen::OuterStride<>(kAttentionTile)};
  }
  float* row(std::int64_t r) { return values + r * kAttentionTile; }
};

inline std::int64_t lengthOf(const ops::AttentionGeometry& g, const std::int32_t* lengths,
                             std::int64_t sample) {
  return lengths ? g.length(lengths[sample]) : g.keys;
}

}  // namespace tandem::cpu
