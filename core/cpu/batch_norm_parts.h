// How the batch normalization kernels share their rows among the team: x (rows, channels) in blocks of
// rows that fit the L1 cache, a range of blocks for each thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"
#include "core/ops/batch_norm.h"

namespace tandem::cpu {

class RowBlocks {
 public:
  RowBlocks(const ops::BatchNormGeometry& g, int threads)
      : rows_(g.rows),
        blockRows_(std::max<std::int64_t>(16, 4096 / g.channels)),
        blocks_((g.rows + blockRows_ - 1) / blockRows_),
        parts_(static_cast<int>(std::clamp<std::int64_t>(blocks_ / 4, 1, threads))) {}

  int parts() const { return parts_; }

  // f(part, firstRow, lastRow) for each block, in order within a part.
  template <class F>
  void forEach(const F& f) const {
    parallelFor(parts_, parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part)
        for (std::int64_t b = first(part); b < first(part + 1); ++b) call(f, part, b);
    });
  }
  // The same backwards: the blocks that a pass before has left in the cache come first.
  template <class F>
  void forEachBackwards(const F& f) const {
    parallelFor(parts_, parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part)
        for (std::int64_t b = first(part + 1) - 1; b >= first(part); --b) call(f, part, b);
    });
  }

 private:
  std::int64_t first(std::int64_t part) const { return blocks_ * part / parts_; }
  template <class F>
  void call(const F& f, std::int64_t part, std::int64_t block) const {
    f(part, block * blockRows_, std::min(rows_, (block + 1) * blockRows_));
  }

  std::int64_t rows_, blockRows_, blocks_;
  int parts_;
};

}  // namespace tandem::cpu
