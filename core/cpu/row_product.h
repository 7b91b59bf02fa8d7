// y = start + a B for rows that are anywhere in memory: the product of one step of a recurrent network, where B remains
// the same for all steps and a has few rows. Single-threaded; the sum of each element has the same order whatever the
// other rows are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::cpu {

// B in panels of 16 columns, each (depth, 16), the last one filled up with zeros.
struct PackedMatrix {
  const float* data = nullptr;
  std::int64_t depth = 0, columns = 0;
};

std::size_t packedFloats(std::int64_t depth, std::int64_t columns);
// Packs b (depth, columns), or (columns, depth) if transposed, into packedFloats() at `to`.
PackedMatrix packMatrix(int threads, const float* b, bool transposed, std::int64_t depth,
                        std::int64_t columns, float* to);

struct RowProduct {
  const float* a = nullptr;      // depth values
  const float* start = nullptr;  // as many values as y; may be y. nullptr: zeros
  float* y = nullptr;            // columns values
};
void multiplyRows(const PackedMatrix& b, const RowProduct* rows, std::int64_t count);

}  // namespace tandem::cpu
