// What follows a product that could not be fused into it.
#pragma once

#include <cstdint>

#include "core/ops/activation_kind.h"
#include "gpu/check.h"

namespace tandem::cuda {

// y = act(y + bias) in place; y (rows, channels), bias (channels) or nullptr.
Status biasActivation(cudaStream_t stream, float* y, const float* bias, std::int64_t rows,
                      std::int64_t channels, ActivationKind kind, double alpha);

}  // namespace tandem::cuda
