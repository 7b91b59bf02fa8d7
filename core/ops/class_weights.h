// class_weights: y = the weight of class x, for losses in which classes count differently.
#pragma once

#include <vector>

#include "core/ops/op.h"

namespace tandem::ops {

inline constexpr std::int64_t kMaxClassWeights = 768;  // numbers that a GPU kernel receives as an argument

// Operand: 0 classes, i32 or f32 (n, ...). Attributes: weights, up to kMaxClassWeights numbers; columns (1): the last axis
// of the operand if each column has separate weights. Result: f32 of the same shape; 1 for what is no class.
extern const OpDef class_weights;

// The attributes as kernels need them.
struct ClassWeightTable {
  std::vector<double> weights;  // by column, then by class
  std::int64_t columns = 1, classes = 0;

  static Result<ClassWeightTable> from(const Attrs& attrs, const TensorType& operand);
};

}  // namespace tandem::ops
