#include "core/cpu/row_product.h"

#include <algorithm>
#include <cstring>

#include "core/base/parallel.h"

namespace tandem::cpu {
namespace {

constexpr std::int64_t kWidth = 16;  // columns of a panel
using Vec [[gnu::vector_size(kWidth * sizeof(float))]] = float;

#if defined(__AVX512F__)
constexpr int kRows = 8;  // as in matmul_small.cpp
#else
constexpr int kRows = 4;
#endif

template <int rows>
void multiplyTile(const float* panel, std::int64_t depth, const RowProduct* row, std::int64_t column,
                  std::int64_t columns) {
  const float* a[rows];
  Vec sum[rows];
  const auto bytes = static_cast<std::size_t>(columns) * sizeof(float);
  for (int r = 0; r < rows; ++r) {
    a[r] = row[r].a;
    sum[r] = Vec{};
    if (row[r].start) std::memcpy(&sum[r], row[r].start + column, bytes);
  }
  for (std::int64_t p = 0; p < depth; ++p) {
    Vec b;
    std::memcpy(&b, panel + p * kWidth, sizeof(b));
    for (int r = 0; r < rows; ++r) sum[r] += a[r][p] * b;
  }
  for (int r = 0; r < rows; ++r) {
    if (columns == kWidth)
      std::memcpy(row[r].y + column, &sum[r], sizeof(Vec));
    else
      std::memcpy(row[r].y + column, &sum[r], bytes);
  }
}

template <int rows = kRows>
void multiplyTiles(const float* panel, std::int64_t depth, const RowProduct* row, std::int64_t count,
                   std::int64_t column, std::int64_t columns) {
  if constexpr (rows > 0) {
    for (; count >= rows; count -= rows, row += rows) multiplyTile<rows>(panel, depth, row, column, columns);
    if (count > 0) multiplyTiles<rows - 1>(panel, depth, row, count, column, columns);
  }
}

}  // namespace

std::size_t packedFloats(std::int64_t depth, std::int64_t columns) {
  return static_cast<std::size_t>((columns + kWidth - 1) / kWidth * kWidth * depth);
}

PackedMatrix packMatrix(int threads, const float* b, bool transposed, std::int64_t depth,
                        std::int64_t columns, float* to) {
  const std::int64_t panels = (columns + kWidth - 1) / kWidth;
  const std::int64_t depthStep = transposed ? 1 : columns, columnStep = transposed ? depth : 1;
  const std::int64_t grain = std::max<std::int64_t>(1, 65536 / (kWidth * std::max<std::int64_t>(1, depth)));
  parallelFor(threads, panels, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t panel = begin; panel < end; ++panel) {
      const std::int64_t column = panel * kWidth, count = std::min(kWidth, columns - column);
      float* row = to + panel * depth * kWidth;
      for (std::int64_t p = 0; p < depth; ++p, row += kWidth) {
        for (std::int64_t c = 0; c < count; ++c) row[c] = b[p * depthStep + (column + c) * columnStep];
        for (std::int64_t c = count; c < kWidth; ++c) row[c] = 0;
      }
    }
  });
  return {to, depth, columns};
}

void multiplyRows(const PackedMatrix& b, const RowProduct* rows, std::int64_t count) {
  // A panel remains in the first cache while all rows pass.
  for (std::int64_t column = 0; column < b.columns; column += kWidth)
    multiplyTiles(b.data + column * b.depth, b.depth, rows, count, column,
                  std::min(kWidth, b.columns - column));
}

}  // namespace tandem::cpu
