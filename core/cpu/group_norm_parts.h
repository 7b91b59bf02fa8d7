// The kernels of group_normalize and its gradient. If a group is one row, its values are adjacent, and sums run along
// the row. Otherwise sums are first taken per channel, over the positions of a sample, which fills vectors however narrow
// the groups are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"
#include "core/cpu/channel_sums.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/group_normalize.h"

namespace tandem::cpu {

inline bool isRow(const ops::GroupNormGeometry& g) {
  return g.positions == 1 && g.groups == 1;
}

// The number of threads that share the blocks. It depends on sizes and on the number of threads.
inline int groupNormParts(const ops::GroupNormGeometry& g, int threads) {
  const std::int64_t values = g.blocks * g.positions * g.channels();
  return static_cast<int>(
      std::clamp<std::int64_t>(std::min(values / kCheapGrain, g.blocks), 1, std::max(1, threads)));
}

// Calls f(part, firstBlock, lastBlock).
template <class F>
void forEachPart(const ops::GroupNormGeometry& g, int parts, const F& f) {
  parallelFor(parts, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part)
      f(part, g.blocks * part / parts, g.blocks * (part + 1) / parts);
  });
}

// The sum of term(i) over a row: in f32 lanes within 4096 values, and in double across them. Not inlined, so that all
// threads run the same code.
template <class Term>
[[gnu::noinline]] double rowSum(std::int64_t count, Term term) {
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += 4096) {
    const std::int64_t end = std::min(count, begin + 4096);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = begin; i < end; ++i) sum += term(i);
    total += static_cast<double>(sum);
  }
  return total;
}

}  // namespace tandem::cpu
