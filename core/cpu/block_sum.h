// Sums of long ranges that do not depend on the number of threads: fixed blocks are summed in f32 lanes, and
// their sums in double and in order.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"

namespace tandem::cpu {

inline constexpr std::int64_t kSumBlock = 4096;

inline std::int64_t sumBlocks(std::int64_t count) {
  return (count + kSumBlock - 1) / kSumBlock;
}
inline std::size_t blockSumBytes(std::int64_t count) {
  return static_cast<std::size_t>(sumBlocks(count)) * sizeof(float);
}

// Not inlined: copies of an inlined loop may be vectorized differently, and the sum would depend on the number of
// threads, because one copy is that of a parallel region.
template <class Term>
[[gnu::noinline]] float sumOfRange(std::int64_t begin, std::int64_t end, Term term) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = begin; i < end; ++i) sum += term(i);
  return sum;
}

// The sum of term(i) over [0, count). workspace: blockSumBytes(count).
template <class Term>
double blockSum(int threads, std::int64_t count, void* workspace, Term term) {
  auto* sums = static_cast<float*>(workspace);
  const std::int64_t blocks = sumBlocks(count);
  parallelFor(threads, blocks, 4, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b)
      sums[b] = sumOfRange(b * kSumBlock, std::min(count, (b + 1) * kSumBlock), term);
  });
  double total = 0;
  for (std::int64_t b = 0; b < blocks; ++b) total += static_cast<double>(sums[b]);
  return total;
}

}  // namespace tandem::cpu
