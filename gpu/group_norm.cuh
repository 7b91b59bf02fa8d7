// The groups of values that group_normalize and its gradient process: each by a warp, or by a block if it is long.
#pragma once

#include "core/ops/group_normalize.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/rows.cuh"

namespace tandem::cuda {

struct NormGroups {
  std::int64_t rows = 0;  // one for each block and group
  std::int64_t positions = 0, count = 0;
  std::uint32_t groups = 1, width = 1;

  // Where the values of a group are, and its first channel.
  struct Row {
    std::int64_t first, stride;  // stride: from one position to the next
    std::uint32_t channel, width;
    struct Place {
      std::int64_t index;
      std::uint32_t channel;
    };
    __device__ Place at(std::int64_t i) const {
      const std::int64_t position = quotient(i, width);
      const auto offset = static_cast<std::uint32_t>(i - position * width);
      return {first + position * stride + offset, channel + offset};
    }
  };
  __device__ Row row(std::int64_t index) const {
    const std::int64_t block = quotient(index, groups), group = index - block * groups;
    const std::int64_t stride = static_cast<std::int64_t>(groups) * width;
    return {block * positions * stride + group * width, stride, static_cast<std::uint32_t>(group) * width,
            width};
  }
};

// Refuses sizes that the kernels' 32-bit indices do not hold.
inline Result<NormGroups> normGroups(const ops::GroupNormGeometry& g) {
  if (!fits32(g.channels()) || !fits32(g.positions)) return refuse("more than 2^31 channels or positions");
  return NormGroups{g.statistics(), g.positions, g.count(), static_cast<std::uint32_t>(g.groups),
                    static_cast<std::uint32_t>(g.width)};
}

}  // namespace tandem::cuda
