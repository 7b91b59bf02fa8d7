// A formula as the user writes it: "x * sigmoid(beta * x); beta = 0.5".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ops/formula_graph.h"

namespace tandem {

// The inputs of a formula are called x, if there is one, or a, b, c and d; every other name is a trained parameter. The
// formula may be followed by initial values of parameters, which are 1 otherwise.
inline constexpr std::string_view kFormulaInputs[] = {"a", "b", "c", "d"};
inline constexpr std::size_t kMaxFormulaLength = 200;
inline constexpr int kMaxFormulaDepth = 32;
inline constexpr int kMaxFormulaParameters = 8;

struct FormulaParameter {
  std::string name;
  double initial = 1;
};

struct FormulaText {
  Formula formula;  // of the inputs and, after them, the parameters
  int inputs = 1;
  std::vector<FormulaParameter> parameters;  // in the order in which they first appear
};

// Errors state the column, from 1.
Result<FormulaText> parseFormula(std::string_view text);

}  // namespace tandem
