// Activation functions over a range, for the activation op's kernel and the epilogues of others.
#pragma once

#include <cstdint>

#include "core/ops/activation_kind.h"

namespace tandem::cpu {

// y[i] = activate(kind, alpha, x[i]). y may equal x.
void activateRange(ActivationKind kind, float alpha, const float* x, float* y, std::int64_t count);

// dx[i] = dy[i] * activateDerivative(kind, alpha, point[i], point[i]); point is y for kinds with
// derivativeFromOutput(), else x. dx may equal dy.
void activateGradRange(ActivationKind kind, float alpha, const float* dy, const float* point, float* dx,
                       std::int64_t count);

}  // namespace tandem::cpu
