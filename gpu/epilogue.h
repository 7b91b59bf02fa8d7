// The epilogue of a product, for cases in which it could not be fused.
#pragma once

#include <cstdint>

#include "core/ops/activation_kind.h"
#include "core/tensor/tensor.h"
#include "gpu/check.h"

namespace tandem::cuda {

// y = act(y + bias) in place; y (rows, channels), bias (channels) or nullptr, both of type dtype.
Status biasActivation(cudaStream_t stream, DType dtype, void* y, const void* bias, std::int64_t rows,
                      std::int64_t channels, ActivationKind kind, double alpha);

}  // namespace tandem::cuda
