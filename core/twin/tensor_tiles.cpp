#include "core/twin/tensor_tiles.h"

#include <algorithm>
#include <cmath>

namespace tandem {

TileLayout tileLayout(const Shape& shape, bool weights) {
  TileLayout layout;
  const int rank = shape.rank();
  if (rank == 0) return layout;
  if (rank == 1) {
    layout.columns = shape[0];
    return layout;
  }
  if (rank < 4) {
    layout.rows = shape[-2];
    layout.columns = layout.rowStride = shape[-1];
    layout.sliceStride = layout.rows * layout.columns;
    if (rank == 3) {
      layout.slices = shape[0];
      layout.sliceName = "sample";
    }
    return layout;
  }
  const std::int64_t last = shape[-1], beforeLast = shape[-2];
  layout.columns = beforeLast;
  layout.columnStride = last;
  layout.rows = shape[-3];
  layout.rowStride = last * beforeLast;
  if (weights) {  // (Cout, KH, KW, Cin)
    layout.tileName = "filter";
    layout.tileStride = layout.rowStride * layout.rows;
    layout.tiles = shape.elements() / layout.tileStride;
    layout.slices = last;
    layout.sliceName = "input channel";
    layout.sliceStride = 1;
    return layout;
  }
  layout.tiles = last;
  layout.tileStride = 1;
  layout.tileName = "channel";
  layout.sliceStride = layout.rowStride * layout.rows;
  layout.slices = shape.elements() / layout.sliceStride;
  layout.sliceName = "sample";
  return layout;
}

Tile tileOf(std::span<const float> values, const TileLayout& layout, std::int64_t slice, std::int64_t tile,
            int most) {
  Tile result;
  result.rows = static_cast<int>(std::min<std::int64_t>(layout.rows, most));
  result.columns = static_cast<int>(std::min<std::int64_t>(layout.columns, most));
  result.values.assign(static_cast<std::size_t>(result.rows) * static_cast<std::size_t>(result.columns), 0);
  for (std::int64_t r = 0; r < layout.rows; ++r) {
    const auto row = static_cast<std::size_t>(r * result.rows / layout.rows);
    for (std::int64_t c = 0; c < layout.columns; ++c) {
      const auto column = static_cast<std::size_t>(c * result.columns / layout.columns);
      const float value = values[static_cast<std::size_t>(layout.index(slice, tile, r, c))];
      float& kept = result.values[row * static_cast<std::size_t>(result.columns) + column];
      if (std::isnan(value) || std::abs(value) > std::abs(kept)) kept = value;
    }
  }
  return result;
}

}  // namespace tandem
