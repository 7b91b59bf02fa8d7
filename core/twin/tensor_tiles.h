// A tensor as pictures: which elements of it make which tile, and a tile no larger than a screen can show.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tandem {

// One slice of the tensor, as `tiles` pictures of rows x columns elements. The element at (tile, row,
// column) of slice s is at s * sliceStride + tile * tileStride + row * rowStride + column * columnStride.
struct TileLayout {
  std::int64_t slices = 1;  // samples of a batch, input channels of a kernel
  std::string sliceName;    // "sample", "input channel"; empty: there is one only
  std::int64_t tiles = 1;   // channels, filters
  std::string tileName;     // "channel", "filter"; empty: there is one only
  std::int64_t rows = 1, columns = 1;
  std::int64_t sliceStride = 0, tileStride = 0, rowStride = 0, columnStride = 1;

  std::int64_t index(std::int64_t slice, std::int64_t tile, std::int64_t row, std::int64_t column) const {
    return slice * sliceStride + tile * tileStride + row * rowStride + column * columnStride;
  }
};

// (N, H, W, C): a slice a sample, a tile a channel. A kernel (Cout, KH, KW, Cin): a slice an input channel,
// a tile a filter. (N, T, C): a slice a sample. (R, C): one picture. Vectors: one row. More dimensions: the
// leading ones are slices.
TileLayout tileLayout(const Shape& shape, bool weights);

struct Tile {
  int rows = 0, columns = 0;
  std::vector<float> values;
};
// The tile, made smaller where it has more than `most` rows or columns: of the elements that fall on one
// point, the one furthest from zero, so that none that stands out is lost; NaN before all.
Tile tileOf(std::span<const float> values, const TileLayout& layout, std::int64_t slice, std::int64_t tile,
            int most);

}  // namespace tandem
