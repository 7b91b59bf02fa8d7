// Sequences (N, steps, ...) whose samples may end before the last step, at their lengths, i32 (N).
#pragma once

#include <cstdint>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/ops/op.h"

namespace tandem::ops {

// The steps of a sample that count: at least one, whatever the operand contains.
template <class Int>
TANDEM_HD inline Int validSteps(std::int32_t length, Int steps) {
  if (length < 1) return 1;
  return static_cast<Int>(length) < steps ? static_cast<Int>(length) : steps;
}

struct Sequence {
  std::int64_t samples = 0, steps = 0, width = 0;  // width: values per step
  static Sequence of(const Shape& x) {
    const std::int64_t rows = x[0] * x[1];
    return {x[0], x[1], rows == 0 ? 0 : x.elements() / rows};
  }
};

// Errors: not a sequence; the optional operand `lengths` is not one number per sample.
Status requireSteps(std::span<const TensorType> operands, std::size_t x, std::size_t lengths);
// The same for the lengths alone.
Status requireLengths(std::span<const TensorType> operands, std::size_t lengths, std::int64_t samples);
// validSteps() of each sample in a reference computation; all steps without the operand.
std::vector<std::int64_t> stepsOfSamples(std::span<const RefTensor> operands, std::size_t lengths,
                                         std::int64_t samples, std::int64_t steps);
// An operand with lengths from 0, which counts as 1, to all steps.
SampleInput lengthsOperand(std::int64_t samples, std::int64_t steps);

}  // namespace tandem::ops
