// sample_weights: the weight of each term of a loss: that of its sample, times its individual weight, if it has one.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: weights of the samples f32 (n), weights of the terms f32 (optional). Attribute: shape, that of the terms,
// which has as many of them for each sample. Result: f32 of this shape.
extern const OpDef sample_weights;

struct SampleWeightsIn {
  enum : std::uint8_t { kSamples, kTerms };
};

// How many terms each of the samples has. Errors: they cannot be divided among the samples.
Result<std::int64_t> termsPerSample(const Attrs& attrs, const TensorType& samples);

}  // namespace tandem::ops
