// How element-wise ops read operands with extents of 1, which count as repeated (as in Keras, NumPy and PyTorch).
#pragma once

#include <cstdint>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/base/result.h"
#include "core/tensor/tensor.h"

namespace tandem::ops {

// The shape of a result of operands of these shapes: of the same rank, with extents that are equal or 1.
Result<Shape> broadcastShape(const Shape& a, const Shape& b);

// Where an element of the result is in two operands.
struct Offsets {
  std::int64_t first = 0, second = 0;
};

// Some axes of the result in row-major order, with the distance of neighbors in two operands: 0 if repeated. Adjacent
// axes that both operands store alike are one. The members are arrays that kernels on every device can read.
struct BroadcastAxes {
  int count = 0;
  std::int64_t extent[Shape::kMaxRank] = {};
  std::int64_t first[Shape::kMaxRank] = {}, second[Shape::kMaxRank] = {};

  void append(std::int64_t length, std::int64_t firstStride, std::int64_t secondStride);
  // Without the innermost axis.
  BroadcastAxes outer() const;
  std::int64_t elements() const;

  // The offsets of the element with this index over the axes. Index: std::uint32_t is cheaper, where it suffices.
  template <class Index>
  TANDEM_HD Offsets at(Index index) const {
    Offsets offsets;
    for (int i = count - 1; i > 0; --i) {
      const auto length = static_cast<Index>(extent[i]);
      const Index rest = index / length;
      const auto position = static_cast<std::int64_t>(index - rest * length);
      offsets.first += position * first[i];
      offsets.second += position * second[i];
      index = rest;
    }
    if (count > 0) {
      offsets.first += static_cast<std::int64_t>(index) * first[0];
      offsets.second += static_cast<std::int64_t>(index) * second[0];
    }
    return offsets;
  }
};

// The axes of broadcastShape(a, b).
BroadcastAxes broadcastAxes(const Shape& result, const Shape& a, const Shape& b);

// For the gradient of an operand that was broadcast to `result`: an element of it is the sum over the axes along which
// the operand is repeated. The offsets are those in the result and in the other operand.
struct SumAxes {
  BroadcastAxes kept, summed;
  bool innermostSummed = false;  // whether elements of the same sum are adjacent
};
SumAxes sumAxes(const Shape& result, const Shape& operand, const Shape& other);

}  // namespace tandem::ops
