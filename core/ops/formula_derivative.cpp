#include <cstddef>
#include <numbers>

#include "core/ops/formula_graph.h"

namespace tandem {
namespace {

using enum FormulaCode;

// Backpropagation through a formula. A condition selects instead of multiplying, because 0 times infinity is NaN. For the
// same reason, a gradient of 0 remains 0: in a branch that is not taken, such as exp(x) of an ELU at a large x, and where
// dy is 0, such as after the end of a sequence.
class Backward {
 public:
  explicit Backward(const Formula& formula) : formula_(formula), gradients_(formula.nodes().size(), -1) {
    const int dy = to_.operand(0);
    for (const Formula::Node& node : formula.nodes()) {
      if (node.code == Operand)
        places_.push_back(to_.operand(node.a + 1));
      else if (node.code == Constant)
        places_.push_back(to_.constant(node.value));
      else
        places_.push_back(to_.apply(node.code, place(node.a), place(node.b), place(node.c)));
    }
    gradients_.back() = dy;
  }

  Formula run(int operand) {
    int result = to_.constant(0);
    for (std::size_t i = formula_.nodes().size(); i-- > 0;) {
      const Formula::Node& node = formula_.nodes()[i];
      if (gradients_[i] < 0) continue;
      if (node.code == Operand && node.a == operand) result = gradients_[i];
      if (formulaArity(node.code) > 0) flow(node, places_[i], gradients_[i]);
    }
    return to_.of(result);
  }

 private:
  int place(int node) const { return node < 0 ? -1 : places_[static_cast<std::size_t>(node)]; }

  void add(int node, int gradient) {
    if (to_.isConstant(gradient, 0)) return;
    int& sum = gradients_[static_cast<std::size_t>(node)];
    sum = sum < 0 ? gradient : to_.apply(Add, sum, gradient);
  }
  // `gradient` where the condition holds, else 0.
  int only(int condition, int gradient) { return to_.where(condition, gradient, to_.constant(0)); }
  int unless(int condition, int gradient) { return to_.where(condition, to_.constant(0), gradient); }
  int positive(int a) { return to_.apply(Less, to_.constant(0), a); }

  // Whether the value may be infinite or NaN.
  bool diverges(int node) {
    for (std::size_t i = diverges_.size(); i < to_.nodes().size(); ++i) {
      const Formula::Node& each = to_.nodes()[i];
      bool may = formulaDiverges(each.code);
      if (formulaArity(each.code) > 0)
        for (const int from : {each.a, each.b, each.c})
          may = may || (from >= 0 && diverges_[static_cast<std::size_t>(from)]);
      diverges_.push_back(may);
    }
    return diverges_[static_cast<std::size_t>(node)];
  }
  // The value, a multiple of d that depends on `factor`; 0 where d is 0.
  int kept(int d, int factor, int value) {
    return diverges(factor) ? unless(to_.apply(Equal, d, to_.constant(0)), value) : value;
  }
  int times(int d, int factor) { return kept(d, factor, to_.product(d, factor)); }

  // y: the value of the node; d: its gradient.
  void flow(const Formula::Node& node, int y, int d) {
    const int a = place(node.a), b = place(node.b);
    switch (node.code) {
      case Add:
        add(node.a, d);
        add(node.b, d);
        break;
      case Subtract:
        add(node.a, d);
        add(node.b, to_.negated(d));
        break;
      case Multiply:
        add(node.a, times(d, b));
        add(node.b, times(d, a));
        break;
      case Divide: {
        const int zero = to_.apply(Equal, b, to_.constant(0));
        const int share = kept(d, b, to_.apply(Divide, d, b));
        add(node.a, unless(zero, share));
        add(node.b, unless(zero, to_.negated(times(share, y))));
        break;
      }
      case Power:
        power(node, y, d);
        break;
      case Minimum:
      case Maximum: {
        const int first = node.code == Maximum ? to_.apply(Less, b, a) : to_.apply(Less, a, b);
        const int tie = to_.apply(Equal, a, b), half = to_.product(d, to_.constant(0.5));
        add(node.a, to_.where(tie, half, only(first, d)));
        add(node.b, to_.where(tie, half, unless(first, d)));
        break;
      }
      case Where:
        add(node.b, only(a, d));
        add(node.c, unless(a, d));
        break;
      default:
        add(node.a, ofOne(node.code, a, y, d));
    }
  }

  void power(const Formula::Node& node, int y, int d) {
    const int a = place(node.a), b = place(node.b), one = to_.constant(1), zero = to_.constant(0);
    const int slope = to_.product(b, to_.apply(Power, a, to_.apply(Subtract, b, one)));
    // At 0 the slope is 0 for b > 1, 1 for b = 1, and infinite below, except that a ^ 0 is constant.
    const int atZero = to_.apply(Equal, b, one);
    add(node.a, times(d, to_.where(to_.apply(Equal, a, zero), atZero, slope)));
    // log is not a number for a negative base, so it is selected after, not multiplied by 0.
    add(node.b, only(positive(a), times(d, to_.product(y, to_.apply(Log, a)))));
  }

  int ofOne(FormulaCode code, int a, int y, int d) {
    const int one = to_.constant(1);
    switch (code) {
      case Negate:
        return to_.negated(d);
      case Abs:
        return times(d, to_.apply(Sign, a));
      case Exp:
        return times(d, y);
      case Log:
        return only(positive(a), to_.apply(Divide, d, a));
      case Sqrt:
        return only(positive(a), to_.apply(Divide, to_.product(d, to_.constant(0.5)), y));
      case Sin:
        return times(d, to_.apply(Cos, a));
      case Cos:
        return to_.negated(times(d, to_.apply(Sin, a)));
      case Tanh:
        return times(d, to_.apply(Subtract, one, to_.product(y, y)));
      case Sigmoid:
        return times(d, to_.product(y, to_.apply(Subtract, one, y)));
      case Relu:
        return only(positive(a), d);
      case Softplus:
        return times(d, to_.apply(Sigmoid, a));
      case Erf: {
        const int bell = to_.apply(Exp, to_.negated(to_.product(a, a)));
        return kept(d, a, to_.product(to_.product(d, to_.constant(2 * std::numbers::inv_sqrtpi)), bell));
      }
      default:  // sign, floor and comparisons are constant almost everywhere
        return to_.constant(0);
    }
  }

  const Formula& formula_;
  Formula to_;
  std::vector<int> places_;     // of the formula's nodes in to_
  std::vector<int> gradients_;  // of the formula's nodes, in to_; -1: 0
  std::vector<bool> diverges_;  // of the first nodes of to_
};

}  // namespace

Formula Formula::derivative(int operand) const {
  return Backward(*this).run(operand);
}

}  // namespace tandem
