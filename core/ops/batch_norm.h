// batch_norm, training form: y = act(gamma * (x - mean) * inv_std + beta + z) with the batch's statistics
// over all axes but the last (Ioffe & Szegedy 2015). x, y, z (..., C); everything else (C).
//   inputs   x, gamma, beta, running mean, running variance, z (optional): an addend, the shortcut
//            of a residual block (He et al. 2016)
//   outputs  y; the mean and 1 / sqrt(var + epsilon) of the batch, for batch_norm_grad;
//            running mean and running variance, both in place:
//            running = momentum * running + (1 - momentum) * batch
// The variance is the biased one (divided by the count), also in running_var: Keras' convention.
// PyTorch stores the unbiased variance there, and its "momentum" is 1 - momentum.
// Attributes: "epsilon" (1e-3), "momentum" (0.99), "activation" none | relu.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef batch_norm;

// Also of batch_norm_inference.
struct BatchNormIn {
  enum : std::uint8_t { kX, kGamma, kBeta, kMean, kVariance, kAddend };
};
struct BatchNormOut {
  enum : std::uint8_t { kY, kSavedMean, kSavedInvStd, kMean, kVariance };
};

// The common view of the three batch normalization ops.
struct BatchNormGeometry {
  std::int64_t rows = 0, channels = 0;  // x viewed as (rows, channels)
  double epsilon = 1e-3, momentum = 0.99;
  bool relu = false;

  // Each of `vectors` must be absent or have one value per channel.
  static Result<BatchNormGeometry> from(const Attrs& attrs, const Shape& x,
                                        std::span<const TensorType> vectors);
  // From the operands of batch_norm or batch_norm_inference, including an addend.
  static Result<BatchNormGeometry> fromInputs(const Attrs& attrs, std::span<const TensorType> inputs);
};

// Whether batch_norm or batch_norm_inference has an addend z.
inline bool hasAddend(std::span<const TensorType> inputs) {
  return inputs.size() > BatchNormIn::kAddend && present(inputs[BatchNormIn::kAddend]);
}

}  // namespace tandem::ops
