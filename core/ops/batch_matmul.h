// batch_matmul: for each sample, y = op(a) * op(b), where op transposes if requested.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: a (batch, m, k) and b (batch, k, n), each with its last two dimensions exchanged if it is transposed, of the same
// dtype. Result: (batch, m, n), of that dtype. Attributes: "transpose_a", "transpose_b".
extern const OpDef batch_matmul;

struct BatchMatmulGeometry {
  std::int64_t batch = 0, m = 0, n = 0, k = 0;
  bool transposeA = false, transposeB = false;

  static Result<BatchMatmulGeometry> from(const Attrs& attrs, std::span<const TensorType> inputs);
};

}  // namespace tandem::ops
