// The kernels of group_normalize and its gradient. If a group is one row, its values are adjacent, and sums run along
// the row. Otherwise sums are first taken per channel, over the positions of a sample, which fills vectors however narrow
// the groups are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"
#include "core/cpu/block_sum.h"
#include "core/cpu/channel_sums.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/group_normalize.h"

namespace tandem::cpu {

inline bool isRow(const ops::GroupNormGeometry& g) {
  return g.positions == 1 && g.groups == 1;
}

// How threads share the work: each part takes whole blocks on one thread; or, if there are fewer blocks than useful
// threads, such as one sample, there is one part, and `within` threads share each block. A block's results do not
// depend on it.
struct GroupNormTeam {
  int parts = 1, within = 1;

  static GroupNormTeam of(const ops::GroupNormGeometry& g, int threads) {
    const std::int64_t values = g.blocks * g.positions * g.channels();
    const auto useful =
        static_cast<int>(std::clamp<std::int64_t>(values / kCheapGrain, 1, std::max(1, threads)));
    return useful > g.blocks ? GroupNormTeam{1, useful} : GroupNormTeam{useful, 1};
  }
};

// Calls f(part, firstBlock, lastBlock).
template <class F>
void forEachPart(const ops::GroupNormGeometry& g, int parts, const F& f) {
  parallelFor(parts, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part)
      f(part, g.blocks * part / parts, g.blocks * (part + 1) / parts);
  });
}

// Calls f(row, lastRow) for the positions of a block.
template <class F>
void forPositions(const ops::GroupNormGeometry& g, int threads, const F& f) {
  parallelFor(threads, g.positions, kCheapGrain / g.channels() + 1, f);
}

}  // namespace tandem::cpu
