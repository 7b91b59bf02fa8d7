// The batch normalization kernels divide rows among the team: x (rows, channels) is split into blocks of
// rows that fit the L1 cache, and each thread gets a range of blocks. Within a block, several rows with few
// channels are processed as one longer row ("folded"), so that sums form enough independent chains to hide
// the latency of addition.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/parallel.h"
#include "core/ops/batch_norm.h"

namespace tandem::cpu {

class RowBlocks {
 public:
  RowBlocks(const ops::BatchNormGeometry& g, int threads)
      : channels_(g.channels),
        rows_(g.rows),
        fold_(std::max<std::int64_t>(1, 128 / g.channels)),
        blockRows_((std::max<std::int64_t>(16, 4096 / g.channels) + fold_ - 1) / fold_ * fold_),
        blocks_((g.rows + blockRows_ - 1) / blockRows_),
        parts_(static_cast<int>(std::clamp<std::int64_t>(blocks_ / 4, 1, threads))) {}

  int parts() const { return parts_; }
  std::int64_t width() const { return fold_ * channels_; }  // of a folded row

  // Calls f(offset, count) for the rows of a block: folded rows, then the remaining rows one by one.
  template <class F>
  void forEachRow(std::int64_t begin, std::int64_t end, const F& f) const {
    std::int64_t r = begin;
    for (; r + fold_ <= end; r += fold_) f(r * channels_, width());
    for (; r < end; ++r) f(r * channels_, channels_);
  }
  // Sums the rows of a folded row into its first channels.
  void gather(float* sums) const {
    for (std::int64_t j = 1; j < fold_; ++j)
      for (std::int64_t c = 0; c < channels_; ++c) sums[c] += sums[j * channels_ + c];
  }
  // Repeats the first channels across the folded row.
  void spread(float* values) const {
    for (std::int64_t j = 1; j < fold_; ++j) std::copy_n(values, channels_, values + j * channels_);
  }

  // Calls f(part, firstRow, lastRow) for each block, in order within a part.
  template <class F>
  void forEach(const F& f) const {
    parallelFor(parts_, parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part)
        for (std::int64_t b = first(part); b < first(part + 1); ++b) call(f, part, b);
    });
  }
  // The same in reverse: the blocks that the previous pass left in the cache come first.
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

  std::int64_t channels_, rows_, fold_, blockRows_, blocks_;
  int parts_;
};

}  // namespace tandem::cpu
