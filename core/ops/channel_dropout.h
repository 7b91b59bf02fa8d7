// channel_dropout: as dropout, but a channel of a sample is kept or dropped at all its positions. y = x * mask / (1 - rate)
// with a mask of (samples, channels), whose element (n, c) has the bits of element n * channels + c of dropout.
#pragma once

#include "core/ops/dropout.h"

namespace tandem::ops {

// Operands: 0 x (n, ..., c), 1 step block. Result: same type as x. Attributes: those of dropout. Its gradient is the same op
// on dy.
extern const OpDef channel_dropout;

// x as (samples, positions, channels).
struct ChannelView {
  std::int64_t samples = 0, positions = 0, channels = 0;

  static ChannelView of(const Shape& shape);
};

TANDEM_HD inline bool channelDropoutKeeps(const DropoutAttrs& a, std::uint64_t step, std::uint64_t element) {
  const Philox4 bits = dropoutBits(a, step, element / 4);
  // Not indexed, because a GPU would keep the four in memory.
  const std::uint64_t lane = element % 4;
  return dropoutKeeps(a,
                      lane < 2 ? (lane == 0 ? bits.v[0] : bits.v[1]) : (lane == 2 ? bits.v[2] : bits.v[3]));
}

}  // namespace tandem::ops
