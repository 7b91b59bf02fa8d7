// The words of a formula.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tandem {

struct FormulaToken {
  enum class Kind { Number, Name, Symbol, End };
  Kind kind = Kind::End;
  std::string text = {};  // of a symbol: + - * / ^ ( ) , ; = < <= > >= == !=
  double number = 0;
  std::size_t column = 1;  // in characters, from 1
  bool is(std::string_view symbol) const { return kind == Kind::Symbol && text == symbol; }
};

// The last one is the end.
Result<std::vector<FormulaToken>> formulaTokens(std::string_view text);

}  // namespace tandem
