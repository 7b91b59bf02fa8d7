// The scalar activation functions, shared by the activation op, by fused epilogues and, as inline
// functions usable from CUDA, by every device. Formulas: PyTorch's definitions of the same names.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/philox.h"  // TANDEM_HD

namespace tandem {

enum class ActivationKind : std::uint8_t { None, Relu, LeakyRelu, Elu, Gelu, Silu, Sigmoid, Tanh, Softplus };

std::string_view nameOf(ActivationKind kind);  // "relu", "leaky_relu", ...
std::optional<ActivationKind> activationFromName(std::string_view name);

// Whether the derivative can be computed from y alone; such kinds may be fused into the producing op, which
// then never stores x.
constexpr bool derivativeFromOutput(ActivationKind kind) {
  return kind != ActivationKind::Gelu && kind != ActivationKind::Silu;
}

// alpha: slope of leaky_relu (0.01), scale of elu (1); unused otherwise. GELU is the exact (erf) form.
template <class T>
TANDEM_HD inline T activate(ActivationKind kind, T alpha, T x) {
  using std::erf, std::exp, std::expm1, std::log1p, std::tanh;
  switch (kind) {
    case ActivationKind::None:
      return x;
    case ActivationKind::Relu:
      return x > T(0) ? x : (x != x ? x : T(0));
    case ActivationKind::LeakyRelu:
      return x > T(0) ? x : alpha * x;
    case ActivationKind::Elu:
      return x > T(0) ? x : alpha * expm1(x);
    case ActivationKind::Gelu:
      return T(0.5) * x * (T(1) + erf(x * T(0.70710678118654752440)));
    case ActivationKind::Silu:
      return x / (T(1) + exp(-x));
    case ActivationKind::Sigmoid:
      return T(1) / (T(1) + exp(-x));
    case ActivationKind::Tanh:
      return tanh(x);
    case ActivationKind::Softplus:
      return (x > T(0) ? x : T(0)) + log1p(exp(x > T(0) ? -x : x));
  }
  return x;
}

// dy/dx. `x` is read only for kinds whose derivative needs it (gelu, silu); `y` = activate(x).
template <class T>
TANDEM_HD inline T activateDerivative(ActivationKind kind, T alpha, T x, T y) {
  using std::erf, std::exp;
  switch (kind) {
    case ActivationKind::None:
      return T(1);
    case ActivationKind::Relu:
      return y > T(0) ? T(1) : T(0);
    case ActivationKind::LeakyRelu:
      return y > T(0) ? T(1) : alpha;
    case ActivationKind::Elu:
      return y > T(0) ? T(1) : y + alpha;
    case ActivationKind::Gelu:
      return T(0.5) * (T(1) + erf(x * T(0.70710678118654752440))) +
             x * T(0.39894228040143267794) * exp(T(-0.5) * x * x);
    case ActivationKind::Silu: {
      const T s = T(1) / (T(1) + exp(-x));
      return s * (T(1) + x * (T(1) - s));
    }
    case ActivationKind::Sigmoid:
      return y * (T(1) - y);
    case ActivationKind::Tanh:
      return T(1) - y * y;
    case ActivationKind::Softplus:
      return T(1) - exp(-y);
  }
  return T(1);
}

}  // namespace tandem
