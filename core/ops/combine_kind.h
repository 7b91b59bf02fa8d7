// The functions of two numbers that combine computes, and their derivatives, as inline functions usable from CUDA.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/base/philox.h"  // TANDEM_HD

namespace tandem {

enum class CombineKind : std::uint8_t { Add, Subtract, Multiply, Maximum, Minimum };

// NaN if an operand is.
template <class T>
TANDEM_HD inline T combined(CombineKind kind, T a, T b) {
  switch (kind) {
    case CombineKind::Add:
      return a + b;
    case CombineKind::Subtract:
      return a - b;
    case CombineKind::Multiply:
      return a * b;
    case CombineKind::Maximum: {
      const T larger = a > b ? a : b;  // b if any is NaN
      return a != a ? a : larger;
    }
    case CombineKind::Minimum: {
      const T smaller = a < b ? a : b;
      return a != a ? a : smaller;
    }
  }
  return a;
}

// The derivative with respect to x of combined(kind, x, z), for kinds in which the operands may be exchanged. An extremum
// of equal numbers has half the derivative in each, as in PyTorch.
template <class T>
TANDEM_HD inline T combinedDerivative(CombineKind kind, T x, T z) {
  if (kind == CombineKind::Multiply) return z;
  if (kind == CombineKind::Maximum || kind == CombineKind::Minimum) {
    const T below = kind == CombineKind::Maximum ? T(0) : T(1), above = T(1) - below;
    const T side = x > z ? above : below;
    return x == z ? T(0.5) : side;
  }
  return T(1);
}

// Which operands the derivative depends on.
constexpr bool derivativeReadsSelf(CombineKind kind) {
  return kind == CombineKind::Maximum || kind == CombineKind::Minimum;
}
constexpr bool derivativeReadsOther(CombineKind kind) {
  return kind == CombineKind::Multiply || derivativeReadsSelf(kind);
}

// Calls visit with the kind as a std::integral_constant, because a check per element would prevent vectorization.
template <class Visit>
auto withCombineKind(CombineKind kind, const Visit& visit) {
  using enum CombineKind;
  switch (kind) {
    case Add:
      break;
    case Subtract:
      return visit(std::integral_constant<CombineKind, Subtract>());
    case Multiply:
      return visit(std::integral_constant<CombineKind, Multiply>());
    case Maximum:
      return visit(std::integral_constant<CombineKind, Maximum>());
    case Minimum:
      return visit(std::integral_constant<CombineKind, Minimum>());
  }
  return visit(std::integral_constant<CombineKind, Add>());
}

}  // namespace tandem
