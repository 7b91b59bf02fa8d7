// group_normalize: y = gamma (x - mean) / sqrt(var + epsilon) + beta over groups of values of one sample, so the batch
// has no influence. Without beta, nothing is subtracted, and var is the mean of the squares (Zhang & Sennrich 2019).
//   inputs   x (..., C), gamma (C), beta (C), optional
//   outputs  y, inv_std = 1 / sqrt(var + epsilon) of each group, mean of each group: only with beta
// Attributes: "epsilon" (1e-3); "over" features | sample: a group has the channels of one position (layer norm, Ba et al.
// 2016), or those of all positions of a sample (group norm, Wu & He 2018); "groups" (1): the channels are divided into
// this many groups.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef group_normalize;

struct GroupNormIn {
  enum : std::uint8_t { kX, kGamma, kBeta };
};
struct GroupNormOut {
  enum : std::uint8_t { kY, kInvStd, kMean };
};

// The common view of group_normalize and its gradient: x as (blocks, positions, groups, width), where each block and
// group has its own statistics, stored as (blocks, groups).
struct GroupNormGeometry {
  std::int64_t blocks = 0, positions = 1, groups = 1, width = 0;
  double epsilon = 1e-3;

  std::int64_t channels() const { return groups * width; }
  std::int64_t count() const { return positions * width; }  // of the values that are normalized together
  std::int64_t statistics() const { return blocks * groups; }
  // The index of a group's i-th value.
  std::int64_t at(std::int64_t block, std::int64_t group, std::int64_t i) const {
    return ((block * positions + i / width) * groups + group) * width + i % width;
  }

  // Each of `vectors` must be absent or have one value per channel.
  static Result<GroupNormGeometry> from(const Attrs& attrs, const Shape& x,
                                        std::span<const TensorType> vectors);
};

}  // namespace tandem::ops
