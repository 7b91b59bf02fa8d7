// Formula: a function of numbers as a list of nodes, of which equal ones are one. Each node reads earlier ones, and the
// last is the result.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/ops/attrs.h"
#include "core/ops/formula_code.h"

namespace tandem {

class Formula {
 public:
  // The most operands, nodes and constants, also of derivatives: a kernel takes them as parameters of limited size.
  static constexpr int kMaxOperands = 16, kMaxNodes = 400, kMaxConstants = 64;

  struct Node {
    FormulaCode code = FormulaCode::Constant;
    int a = -1, b = -1, c = -1;  // nodes; of an operand, a is its index
    double value = 0;            // of a constant
    bool operator==(const Node&) const = default;
  };

  // The node that computes this: an existing or simpler one if possible. 0 * x is 0, even if x is infinite or NaN.
  int operand(int index);
  int constant(double value);
  int apply(FormulaCode code, int a, int b = -1, int c = -1);
  int negated(int a) { return apply(FormulaCode::Negate, a); }
  int product(int a, int b) { return apply(FormulaCode::Multiply, a, b); }
  int where(int condition, int a, int b) { return apply(FormulaCode::Where, condition, a, b); }

  const std::vector<Node>& nodes() const { return nodes_; }
  bool operator==(const Formula&) const = default;
  bool isConstant(int node, double value) const;
  bool reads(int operand) const;  // also if the result does not depend on it

  // Without the nodes that the result does not need.
  Formula of(int result) const;
  // The same of other operands: k becomes places[k].
  Formula withOperands(const std::vector<int>& places) const;
  double value(const std::vector<double>& operands) const;

  // Of this formula, f: the formula dy * df / d operand, of which dy is operand 0 and operand k of f is operand k + 1.
  // Where a derivative does not exist or is infinite, it is 0: those of steps (sign, floor, comparisons), abs, relu and
  // sqrt at 0, log up to 0, a / b at b = 0, a ^ b with respect to a at 0 if b < 1 and with respect to b for a up to 0.
  // Equal operands of min and max have half the derivative each. Where dy is 0, the result is, even if df is infinite.
  Formula derivative(int operand) const;

  Attrs attrs() const;  // keys "code", "constants"
  // Errors: those of attributes that do not describe a formula.
  static Result<Formula> from(const Attrs& attrs);
  // An Error if it is too large for the kernels.
  Status check() const;

 private:
  int add(const Node& node);
  int simpler(const Node& node);  // -1: there is none

  std::vector<Node> nodes_;
};

}  // namespace tandem
