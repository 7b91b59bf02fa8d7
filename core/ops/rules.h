// Small helpers shared by the shape rules, references and samples of the ops.
#pragma once

#include <string>
#include <vector>

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

using Types = Result<std::vector<TensorType>>;

inline Status requireSameShape(const TensorType& a, const TensorType& b) {
  if (a.shape == b.shape) return success();
  return invalid("the shapes differ: " + a.shape.text() + " and " + b.shape.text());
}

// Operands that are combined must have the same precision.
inline Status requireSameDtype(std::span<const TensorType> types) {
  for (const TensorType& type : types)
    if (present(type) && type.dtype != types[0].dtype)
      return invalid("operand types differ: " + std::string(nameOf(types[0].dtype)) + " and " +
                     std::string(nameOf(type.dtype)));
  return success();
}

inline Status requireStepBlock(const TensorType& type) {
  TANDEM_CHECK(type == (TensorType{DType::F32, Shape{kStepSlots}}), "operand is not a step block");
  return success();
}

inline Status requireLabels(const TensorType& labels, std::int64_t rows) {
  if (labels == TensorType{DType::I32, Shape{rows}}) return success();
  return invalid("needs one class index per sample (i32, " + std::to_string(rows) + "), but the labels are " +
                 std::string(nameOf(labels.dtype)) + ", " + labels.shape.text());
}

// An optional operand at the end of the list.
template <class Operands>
bool hasOperand(const Operands& operands, std::size_t index) {
  if constexpr (requires { operands[0].type; })
    return operands.size() > index && present(operands[index].type);
  else
    return operands.size() > index && present(operands[index]);
}

// Weights of rows or elements, by which a loss multiplies each of their losses before it takes the mean.
inline Status requireWeights(std::span<const TensorType> operands, std::size_t index, const Shape& shape) {
  TANDEM_CHECK(!hasOperand(operands, index) || operands[index] == (TensorType{DType::F32, shape}),
               "a weight for each term of the loss");
  return success();
}

// A tensor viewed as a matrix whose columns are the last axis.
struct LastAxis {
  std::int64_t rows = 0, columns = 0;
  static LastAxis of(const Shape& shape) {
    const std::int64_t columns = shape[-1];
    return {columns == 0 ? 0 : shape.elements() / columns, columns};
  }
};

// A tensor viewed as a matrix whose rows are the samples of the batch.
struct FirstAxis {
  std::int64_t rows = 0, columns = 0;
  static FirstAxis of(const Shape& shape) {
    const std::int64_t rows = shape[0];
    return {rows, rows == 0 ? 0 : shape.elements() / rows};
  }
};

// References read the step block in float, as the devices do.
inline std::vector<float> stepOf(const RefTensor& step) {
  return {step.data.begin(), step.data.end()};
}
inline std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

inline SampleInput f32(Shape shape, Fill fill = Fill::Normal) {
  return {{DType::F32, shape}, fill};
}
inline SampleInput ofType(DType dtype, Shape shape) {
  return {{dtype, shape}};
}
inline SampleInput labels(std::int64_t rows, std::int64_t classes) {
  return {{DType::I32, Shape{rows}}, Fill::Labels, classes};
}
inline SampleInput step(std::int64_t validRows = 0) {
  return {{DType::F32, Shape{kStepSlots}}, Fill::Step, validRows};
}
// Never trained, so without a gradient.
inline SampleInput weights(Shape shape) {
  return {.type = {DType::F32, shape}, .fill = Fill::Unit, .given = true};
}
inline SampleInput absent() {
  return {{}, Fill::Zeros, 0, true};
}

}  // namespace tandem::ops
