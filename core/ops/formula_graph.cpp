#include "core/ops/formula_graph.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/ops/formula_program.h"

namespace tandem {
namespace {

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

bool commutes(FormulaCode code) {
  return code == FormulaCode::Add || code == FormulaCode::Multiply || code == FormulaCode::Equal;
}

// Constants are equal if their bits are: NaN to itself, but not 0 to -0.
bool sameNode(const Formula::Node& a, const Formula::Node& b) {
  if (a.code != b.code || a.a != b.a || a.b != b.b || a.c != b.c) return false;
  if (std::isnan(a.value) || std::isnan(b.value)) return std::isnan(a.value) && std::isnan(b.value);
  return a.value == b.value && std::signbit(a.value) == std::signbit(b.value);
}

}  // namespace

int Formula::add(const Node& node) {
  const auto found = std::ranges::find_if(nodes_, [&](const Node& each) { return sameNode(each, node); });
  const auto at = static_cast<int>(found - nodes_.begin());
  if (found == nodes_.end()) nodes_.push_back(node);
  return at;
}

int Formula::operand(int index) {
  return add({.code = FormulaCode::Operand, .a = index});
}

int Formula::constant(double value) {
  return add({.code = FormulaCode::Constant, .value = value});
}

bool Formula::isConstant(int node, double value) const {
  return node >= 0 && nodes_[index(node)].code == FormulaCode::Constant && nodes_[index(node)].value == value;
}

bool Formula::reads(int operand) const {
  return std::ranges::any_of(
      nodes_, [=](const Node& node) { return node.code == FormulaCode::Operand && node.a == operand; });
}

int Formula::simpler(const Node& node) {
  using enum FormulaCode;
  const int arity = formulaArity(node.code);
  const auto isFixed = [&](int at) { return nodes_[index(at)].code == Constant; };
  const auto number = [&](int at) { return at >= 0 ? nodes_[index(at)].value : 0.0; };
  if (isFixed(node.a) && (arity < 2 || isFixed(node.b)) && (arity < 3 || isFixed(node.c)))
    return constant(formulaValue(node.code, number(node.a), number(node.b), number(node.c)));
  const auto is = [&](int at, double value) { return isConstant(at, value); };
  const Node first = nodes_[index(node.a)];  // a copy: apply() may move the nodes
  switch (node.code) {
    case Add:
      if (is(node.a, 0)) return node.b;
      if (is(node.b, 0)) return node.a;
      break;
    case Subtract:
      if (is(node.b, 0)) return node.a;
      if (is(node.a, 0)) return negated(node.b);
      break;
    case Multiply:
      if (is(node.a, 0) || is(node.b, 0)) return constant(0);
      if (is(node.a, 1)) return node.b;
      if (is(node.b, 1)) return node.a;
      if (is(node.a, -1)) return negated(node.b);
      if (is(node.b, -1)) return negated(node.a);
      break;
    case Divide:
      if (is(node.a, 0)) return constant(0);
      if (is(node.b, 1)) return node.a;
      break;
    case Power:
      if (is(node.b, 0)) return constant(1);
      if (is(node.b, 1)) return node.a;
      if (is(node.b, 2)) return product(node.a, node.a);
      if (is(node.b, 3)) return product(product(node.a, node.a), node.a);
      if (is(node.b, 4)) return product(product(node.a, node.a), product(node.a, node.a));
      if (is(node.b, -1)) return apply(Divide, constant(1), node.a);
      break;
    case Where:
      if (node.b == node.c) return node.b;
      if (isFixed(node.a)) return number(node.a) != 0 ? node.b : node.c;
      break;
    case Minimum:
    case Maximum:
      if (node.a == node.b) return node.a;
      break;
    case Negate:
      if (first.code == Negate) return first.a;
      break;
    default:
      break;
  }
  return -1;
}

int Formula::apply(FormulaCode code, int a, int b, int c) {
  Node node{.code = code, .a = a, .b = b, .c = c};
  if (const int found = simpler(node); found >= 0) return found;
  if (commutes(code) && node.a > node.b) std::swap(node.a, node.b);
  return add(node);
}

Formula Formula::of(int result) const {
  std::vector<bool> needed(nodes_.size(), false);
  needed[index(result)] = true;
  Formula formula;
  for (int i = result; i >= 0; --i) {
    const Node& node = nodes_[index(i)];
    if (!needed[index(i)] || formulaArity(node.code) == 0) continue;
    for (const int from : {node.a, node.b, node.c})
      if (from >= 0) needed[index(from)] = true;
  }
  std::vector<int> places(nodes_.size(), -1);
  for (int i = 0; i <= result; ++i) {
    if (!needed[index(i)]) continue;
    Node node = nodes_[index(i)];
    if (formulaArity(node.code) > 0)
      for (int* from : {&node.a, &node.b, &node.c})
        if (*from >= 0) *from = places[index(*from)];
    places[index(i)] = static_cast<int>(formula.nodes_.size());
    formula.nodes_.push_back(node);
  }
  return formula;
}

Formula Formula::withOperands(const std::vector<int>& places) const {
  Formula formula = *this;
  for (Node& node : formula.nodes_)
    if (node.code == FormulaCode::Operand) node.a = places[index(node.a)];
  return formula;
}

double Formula::value(const std::vector<double>& operands) const {
  std::vector<double> values;
  values.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    if (node.code == FormulaCode::Operand) {
      values.push_back(operands[index(node.a)]);
    } else if (node.code == FormulaCode::Constant) {
      values.push_back(node.value);
    } else {
      const auto of = [&](int at) { return at >= 0 ? values[index(at)] : 0.0; };
      values.push_back(formulaValue(node.code, of(node.a), of(node.b), of(node.c)));
    }
  }
  return values.back();
}

Attrs Formula::attrs() const {
  std::vector<std::int64_t> code;
  std::vector<double> constants;
  for (const Node& node : nodes_) {
    std::int64_t a = node.a;
    if (node.code == FormulaCode::Constant) {
      a = static_cast<std::int64_t>(constants.size());
      constants.push_back(node.value);
    }
    code.insert(code.end(), {static_cast<std::int64_t>(node.code), a, node.b, node.c});
  }
  Attrs attrs{{"code", std::move(code)}};
  if (!constants.empty()) attrs.set("constants", std::move(constants));
  return attrs;
}

Result<Formula> Formula::from(const Attrs& attrs) {
  const std::vector<std::int64_t> code = attrs.integers("code", {});
  const std::vector<double> constants = attrs.numbers("constants");
  const Error broken = invalid("the attributes do not describe a formula");
  if (code.empty() || code.size() % 4 != 0 || code.size() / 4 > kMaxNodes) return broken;
  Formula formula;
  for (std::size_t at = 0; at < code.size(); at += 4) {
    if (code[at] < 0 || code[at] >= kFormulaCodes) return broken;
    Node node{.code = static_cast<FormulaCode>(code[at])};
    const std::int64_t a = code[at + 1];
    if (node.code == FormulaCode::Constant) {
      if (a < 0 || a >= static_cast<std::int64_t>(constants.size())) return broken;
      node.value = constants[static_cast<std::size_t>(a)];
    } else if (node.code == FormulaCode::Operand) {
      if (a < 0 || a >= kMaxOperands) return broken;
      node.a = static_cast<int>(a);
    } else {
      int* const places[] = {&node.a, &node.b, &node.c};
      for (std::size_t k = 0; k < index(formulaArity(node.code)); ++k) {
        const std::int64_t from = code[at + 1 + k];
        if (from < 0 || from >= static_cast<std::int64_t>(at / 4)) return broken;
        *places[k] = static_cast<int>(from);
      }
    }
    formula.nodes_.push_back(node);
  }
  return formula;
}

Status Formula::check() const {
  TANDEM_TRY(FormulaProgram::of(*this));
  return success();
}

}  // namespace tandem
