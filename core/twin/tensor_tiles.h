// A tensor as images: the layout of its elements in tiles, and tiles reduced to what a screen can show.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tandem {

// One slice of the tensor is shown as `tiles` images of rows x columns elements. The element at (tile, row,
// column) of slice s is at s * sliceStride + tile * tileStride + row * rowStride + column * columnStride.
struct TileLayout {
  std::int64_t slices = 1;  // samples of a batch, input channels of a kernel
  std::string sliceName;    // "sample", "input channel"; empty: there is only one
  std::int64_t tiles = 1;   // channels, filters
  std::string tileName;     // "channel", "filter"; empty: there is only one
  std::int64_t rows = 1, columns = 1;
  std::int64_t sliceStride = 0, tileStride = 0, rowStride = 0, columnStride = 1;

  std::int64_t index(std::int64_t slice, std::int64_t tile, std::int64_t row, std::int64_t column) const {
    return slice * sliceStride + tile * tileStride + row * rowStride + column * columnStride;
  }
};

// (N, H, W, C): one slice per sample, one tile per channel. Kernels (Cout, KH, KW, Cin): one slice per input
// channel, one tile per filter. (N, T, C): one slice per sample. (R, C): one image. Vectors: one row. More
// dimensions: the leading ones are slices.
TileLayout tileLayout(const Shape& shape, bool weights);

struct Tile {
  int rows = 0, columns = 0;
  std::vector<float> values;
};
// The tile, reduced if it has more than `most` rows or columns: each point shows the element furthest from
// zero, so that outliers are preserved; NaN takes precedence.
Tile tileOf(std::span<const float> values, const TileLayout& layout, std::int64_t slice, std::int64_t tile,
            int most);

}  // namespace tandem
