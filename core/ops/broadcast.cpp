#include "core/ops/broadcast.h"

#include <array>
#include <string>

namespace tandem::ops {
namespace {

using Strides = std::array<std::int64_t, Shape::kMaxRank>;

Strides stridesOf(const Shape& shape) {
  Strides strides{};
  std::int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<std::size_t>(i)] = shape[i] == 1 ? 0 : stride;
    stride *= shape[i];
  }
  return strides;
}

}  // namespace

Result<Shape> broadcastShape(const Shape& a, const Shape& b) {
  bool fit = a.rank() == b.rank();
  Shape result = a;
  for (int i = 0; fit && i < a.rank(); ++i) {
    if (a[i] == 1) result = result.with(i, b[i]);
    fit = a[i] == b[i] || a[i] == 1 || b[i] == 1;
  }
  if (fit) return result;
  return invalid("the shapes differ: " + a.text() + " and " + b.text());
}

void BroadcastAxes::append(std::int64_t length, std::int64_t firstStride, std::int64_t secondStride) {
  if (length == 1) return;
  const int last = count - 1;
  if (count > 0 && first[last] == firstStride * length && second[last] == secondStride * length) {
    extent[last] *= length;
    first[last] = firstStride;
    second[last] = secondStride;
    return;
  }
  extent[count] = length;
  first[count] = firstStride;
  second[count] = secondStride;
  ++count;
}

BroadcastAxes BroadcastAxes::outer() const {
  BroadcastAxes axes = *this;
  if (axes.count > 0) --axes.count;
  return axes;
}

std::int64_t BroadcastAxes::elements() const {
  std::int64_t elements = 1;
  for (int i = 0; i < count; ++i) elements *= extent[i];
  return elements;
}

BroadcastAxes broadcastAxes(const Shape& result, const Shape& a, const Shape& b) {
  const Strides first = stridesOf(a), second = stridesOf(b);
  BroadcastAxes axes;
  for (int i = 0; i < result.rank(); ++i)
    axes.append(result[i], first[static_cast<std::size_t>(i)], second[static_cast<std::size_t>(i)]);
  return axes;
}

SumAxes sumAxes(const Shape& result, const Shape& operand, const Shape& other) {
  const Strides first = stridesOf(result), second = stridesOf(other);
  SumAxes axes;
  for (int i = 0; i < result.rank(); ++i) {
    if (result[i] == 1) continue;
    axes.innermostSummed = operand[i] == 1;
    (axes.innermostSummed ? axes.summed : axes.kept)
        .append(result[i], first[static_cast<std::size_t>(i)], second[static_cast<std::size_t>(i)]);
  }
  return axes;
}

}  // namespace tandem::ops
