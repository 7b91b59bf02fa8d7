#include "core/ops/steps.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Status requireSteps(std::span<const TensorType> operands, std::size_t x, std::size_t lengths) {
  const Shape& shape = operands[x].shape;
  if (shape.rank() < 2 || shape[1] < 1)
    return invalid("needs a sequence (steps, features), but its input is " +
                   (shape.rank() > 0 ? shape.withoutFirst() : shape).text());
  return requireLengths(operands, lengths, shape[0]);
}

Status requireLengths(std::span<const TensorType> operands, std::size_t lengths, std::int64_t samples) {
  if (!hasOperand(operands, lengths) || operands[lengths] == TensorType{DType::I32, Shape{samples}})
    return success();
  return invalid("needs one length per sample (i32, " + std::to_string(samples) + "), but the lengths are " +
                 std::string(nameOf(operands[lengths].dtype)) + ", " + operands[lengths].shape.text());
}

std::vector<std::int64_t> stepsOfSamples(std::span<const RefTensor> operands, std::size_t lengths,
                                         std::int64_t samples, std::int64_t steps) {
  std::vector<std::int64_t> valid(at(samples), steps);
  if (hasOperand(operands, lengths))
    for (std::size_t n = 0; n < valid.size(); ++n)
      valid[n] = validSteps(static_cast<std::int32_t>(operands[lengths].data[n]), steps);
  return valid;
}

SampleInput lengthsOperand(std::int64_t samples, std::int64_t steps) {
  return {{DType::I32, Shape{samples}}, Fill::Labels, steps + 1};
}

}  // namespace tandem::ops
