// Sums over the rows of (rows, channels) values, per channel.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"

namespace tandem::cpu {

inline constexpr std::int64_t kChannelSumRows = 64;

// The sums of the rows [begin, end) in f32.
template <class Term>
void sumRows(std::int64_t begin, std::int64_t end, std::int64_t channels, float* __restrict block,
             Term term) {
  std::fill_n(block, channels, 0.0f);
  for (std::int64_t row = begin; row < end; ++row)
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) block[c] += term(row, c);
}

// The sums that addChannelSums() needs space for.
inline std::int64_t channelSumBlocks(std::int64_t rows, int threads) {
  return threads > 1 ? (rows + kChannelSumRows - 1) / kChannelSumRows : 1;
}

// totals[c] += the sum of term(row, c) over [0, rows) for each channel c: in f32 within 64 rows, whose sums are in
// `blocks`, and in double across them, in order. So the result does not depend on the threads.
// blocks: channelSumBlocks(rows, threads) * channels.
template <class Term>
void addChannelSums(std::int64_t rows, std::int64_t channels, float* __restrict blocks,
                    double* __restrict totals, Term term, int threads = 1) {
  const std::int64_t count = (rows + kChannelSumRows - 1) / kChannelSumRows;
  const auto sum = [=](std::int64_t index, float* block) {
    const std::int64_t begin = index * kChannelSumRows;
    sumRows(begin, std::min(rows, begin + kChannelSumRows), channels, block, term);
  };
  if (threads > 1)
    parallelFor(threads, count, 1, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t index = first; index < last; ++index) sum(index, blocks + index * channels);
    });
  for (std::int64_t index = 0; index < count; ++index) {
    float* block = threads > 1 ? blocks + index * channels : blocks;
    if (threads <= 1) sum(index, block);
    for (std::int64_t c = 0; c < channels; ++c) totals[c] += static_cast<double>(block[c]);
  }
}

}  // namespace tandem::cpu
