// matmul: y = act(op(a) * op(b) + bias), op transposes if requested. Covers the three products of
// a dense layer: forward (x, W), data gradient (dy, W^T), weight gradient (x^T, dy).
#pragma once

#include "core/ops/activation_kind.h"
#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef matmul;

// Operands: a and b, of the same dtype, bias (n), optional. Result: (m, n), of that dtype, or f32 with
// attribute "result" = "f32" (weight gradients and logits of half operands). The bias has the result's dtype.
struct MatmulIn {
  enum : std::uint8_t { kA, kB, kBias };
};

struct MatmulGeometry {
  std::int64_t m = 0, n = 0, k = 0;
  bool transposeA = false, transposeB = false, bias = false;
  ActivationKind activation = ActivationKind::None;
  double alpha = 0;  // of the activation

  static Result<MatmulGeometry> from(const Attrs& attrs, std::span<const TensorType> inputs);
};

}  // namespace tandem::ops
