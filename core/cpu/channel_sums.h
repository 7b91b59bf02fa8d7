// Sums over the rows of (rows, channels) values, per channel.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tandem::cpu {

// totals[c] += the sum of term(row, c) over [0, rows) for each channel c: in f32 within 64 rows, whose sums are in
// `block`, and in double across them.
template <class Term>
void addChannelSums(std::int64_t rows, std::int64_t channels, float* __restrict block,
                    double* __restrict totals, Term term) {
  for (std::int64_t begin = 0; begin < rows; begin += 64) {
    std::fill_n(block, channels, 0.0f);
    for (std::int64_t row = begin; row < std::min(rows, begin + 64); ++row)
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) block[c] += term(row, c);
    for (std::int64_t c = 0; c < channels; ++c) totals[c] += static_cast<double>(block[c]);
  }
}

}  // namespace tandem::cpu
