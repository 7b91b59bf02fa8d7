// The operations of a formula (formula_graph.h), as inline functions usable from CUDA.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/base/philox.h"  // TANDEM_HD

namespace tandem {

enum class FormulaCode : std::uint8_t {
  Operand,
  Constant,
  Add,
  Subtract,
  Multiply,
  Divide,
  Power,
  Minimum,
  Maximum,
  Less,  // comparisons: 1 or 0
  LessEqual,
  Equal,
  Where,  // b where a is not 0, else c
  Negate,
  Abs,
  Exp,
  Log,
  Sqrt,
  Sin,
  Cos,
  Tanh,
  Sigmoid,
  Relu,
  Softplus,
  Erf,
  Sign,
  Floor
};
inline constexpr int kFormulaCodes = 27;

TANDEM_HD constexpr int formulaArity(FormulaCode code) {
  if (code == FormulaCode::Operand || code == FormulaCode::Constant) return 0;
  if (code == FormulaCode::Where) return 3;
  return code < FormulaCode::Where ? 2 : 1;
}

// Whether the result may be infinite or NaN even if the operands are neither, nor large.
TANDEM_HD constexpr bool formulaDiverges(FormulaCode code) {
  return code == FormulaCode::Divide || code == FormulaCode::Power || code == FormulaCode::Exp ||
         code == FormulaCode::Log || code == FormulaCode::Sqrt;
}

// NaN where an operand that counts is NaN, except in comparisons.
template <class T>
TANDEM_HD inline T formulaValue(FormulaCode code, T a, T b, T c) {
  using std::cos, std::erf, std::exp, std::floor, std::log, std::log1p, std::pow, std::sin, std::sqrt,
      std::tanh;
  switch (code) {
    case FormulaCode::Operand:
    case FormulaCode::Constant:
      return a;
    case FormulaCode::Add:
      return a + b;
    case FormulaCode::Subtract:
      return a - b;
    case FormulaCode::Multiply:
      return a * b;
    case FormulaCode::Divide:
      return a / b;
    case FormulaCode::Power:
      return pow(a, b);
    case FormulaCode::Minimum:
      return a != a || a < b ? a : b;
    case FormulaCode::Maximum:
      return a != a || a > b ? a : b;
    case FormulaCode::Less:
      return a < b ? T(1) : T(0);
    case FormulaCode::LessEqual:
      return a <= b ? T(1) : T(0);
    case FormulaCode::Equal:
      return a == b ? T(1) : T(0);
    case FormulaCode::Where:
      return a != T(0) ? b : c;
    case FormulaCode::Negate:
      return -a;
    case FormulaCode::Abs:
      return a < T(0) ? -a : a;
    case FormulaCode::Exp:
      return exp(a);
    case FormulaCode::Log:
      return log(a);
    case FormulaCode::Sqrt:
      return sqrt(a);
    case FormulaCode::Sin:
      return sin(a);
    case FormulaCode::Cos:
      return cos(a);
    case FormulaCode::Tanh:
      return tanh(a);
    case FormulaCode::Sigmoid:
      return T(1) / (T(1) + exp(-a));
    case FormulaCode::Relu:
      return a < T(0) ? T(0) : a;
    case FormulaCode::Softplus:
      return (a < T(0) ? T(0) : a) + log1p(exp(a < T(0) ? a : -a));
    case FormulaCode::Erf:
      return erf(a);
    case FormulaCode::Sign:
      return a > T(0) ? T(1) : (a < T(0) ? T(-1) : a);
    case FormulaCode::Floor:
      return floor(a);
  }
  return a;
}

}  // namespace tandem
