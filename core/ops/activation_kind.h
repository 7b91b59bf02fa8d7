// The scalar activation functions, shared by the activation op, by fused epilogues and, as inline
// functions usable from CUDA, by every device. Formulas: PyTorch's definitions of the same names; hard_sigmoid is
// Keras 3's and PyTorch's, relu6(x + 3) / 6, not that of Keras 2.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/philox.h"  // TANDEM_HD

namespace tandem {

enum class ActivationKind : std::uint8_t {
  None,
  Relu,
  LeakyRelu,
  Elu,
  Gelu,
  Silu,
  Sigmoid,
  Tanh,
  Softplus,
  Relu6,
  HardSigmoid,
  HardSwish,
  Mish
};
inline constexpr int kActivationKinds = 13;

std::string_view nameOf(ActivationKind kind);  // "relu", "leaky_relu", ...
std::optional<ActivationKind> activationFromName(std::string_view name);

// Whether the derivative can be computed from y alone; such kinds may be fused into the producing op, which
// then never stores x.
constexpr bool derivativeFromOutput(ActivationKind kind) {
  return kind != ActivationKind::Gelu && kind != ActivationKind::Silu && kind != ActivationKind::HardSwish &&
         kind != ActivationKind::Mish;
}

// x limited to [0, most]; NaN stays NaN.
template <class T>
TANDEM_HD inline T clipped(T x, T most) {
  return x > T(0) ? (x < most ? x : most) : (x != x ? x : T(0));
}

// What mish needs: tanh(softplus(x)) and sigmoid(x), from m = exp(-|x|), which cannot overflow.
template <class T>
struct MishParts {
  T gate, sigmoid;
};
template <class T>
TANDEM_HD inline MishParts<T> mishParts(T x, T m) {
  const T above = T(1) + T(2) * m, below = m * (m + T(2));
  const T gate = x > T(0) ? above / (above + T(2) * m * m) : below / (below + T(2));
  return {gate, (x > T(0) ? T(1) : m) / (T(1) + m)};
}
template <class T>
TANDEM_HD inline T mishDerivative(T x, MishParts<T> parts) {
  return parts.gate + x * (T(1) - parts.gate * parts.gate) * parts.sigmoid;
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
    case ActivationKind::Relu6:
      return clipped(x, T(6));
    case ActivationKind::HardSigmoid:
      return clipped(x + T(3), T(6)) / T(6);
    case ActivationKind::HardSwish:
      return x * clipped(x + T(3), T(6)) / T(6);
    case ActivationKind::Mish:
      return x * mishParts(x, T(exp(x > T(0) ? -x : x))).gate;
  }
  return x;
}

// dy/dx. `x` is read only for kinds whose derivative needs it (!derivativeFromOutput()); `y` = activate(x).
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
    case ActivationKind::Relu6:
      return y > T(0) && y < T(6) ? T(1) : T(0);
    case ActivationKind::HardSigmoid:
      return y > T(0) && y < T(1) ? T(1) / T(6) : T(0);
    case ActivationKind::HardSwish:
      return x > T(-3) ? (x < T(3) ? (x + x + T(3)) / T(6) : T(1)) : (x != x ? x : T(0));
    case ActivationKind::Mish:
      return mishDerivative(x, mishParts(x, T(exp(x > T(0) ? -x : x))));
  }
  return T(1);
}

}  // namespace tandem
