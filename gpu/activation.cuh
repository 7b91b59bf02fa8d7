// Activation functions whose kind is a compile-time constant: a check per element would be a chain of
// branches that costs more than the cheap functions themselves.
#pragma once

#include <type_traits>

#include "core/ops/activation_kind.h"

namespace tandem::cuda {

// Calls visit with the kind as a std::integral_constant.
template <class Visit>
auto withActivation(ActivationKind kind, const Visit& visit) {
  using enum ActivationKind;
  switch (kind) {
    case None:
      break;
    case Relu:
      return visit(std::integral_constant<ActivationKind, Relu>());
    case LeakyRelu:
      return visit(std::integral_constant<ActivationKind, LeakyRelu>());
    case Elu:
      return visit(std::integral_constant<ActivationKind, Elu>());
    case Gelu:
      return visit(std::integral_constant<ActivationKind, Gelu>());
    case Silu:
      return visit(std::integral_constant<ActivationKind, Silu>());
    case Sigmoid:
      return visit(std::integral_constant<ActivationKind, Sigmoid>());
    case Tanh:
      return visit(std::integral_constant<ActivationKind, Tanh>());
    case Softplus:
      return visit(std::integral_constant<ActivationKind, Softplus>());
    case Relu6:
      return visit(std::integral_constant<ActivationKind, Relu6>());
    case HardSigmoid:
      return visit(std::integral_constant<ActivationKind, HardSigmoid>());
    case HardSwish:
      return visit(std::integral_constant<ActivationKind, HardSwish>());
    case Mish:
      return visit(std::integral_constant<ActivationKind, Mish>());
  }
  return visit(std::integral_constant<ActivationKind, None>());
}

// A functor for map().
template <ActivationKind kKind>
struct Activate {
  float alpha;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = activate(kKind, alpha, in[0]);
  }
};

}  // namespace tandem::cuda
