#include "core/ops/formula_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/ops/formula_tokens.h"

namespace tandem {
namespace {

using Kind = FormulaToken::Kind;

struct Function {
  std::string_view name;
  int arguments = 1;
  FormulaCode code = FormulaCode::Operand;  // of clip: none
};
constexpr Function kFunctions[] = {
    {"abs", 1, FormulaCode::Abs},         {"clip", 3},
    {"cos", 1, FormulaCode::Cos},         {"erf", 1, FormulaCode::Erf},
    {"exp", 1, FormulaCode::Exp},         {"floor", 1, FormulaCode::Floor},
    {"log", 1, FormulaCode::Log},         {"max", 2, FormulaCode::Maximum},
    {"min", 2, FormulaCode::Minimum},     {"relu", 1, FormulaCode::Relu},
    {"sigmoid", 1, FormulaCode::Sigmoid}, {"sign", 1, FormulaCode::Sign},
    {"sin", 1, FormulaCode::Sin},         {"softplus", 1, FormulaCode::Softplus},
    {"sqrt", 1, FormulaCode::Sqrt},       {"tanh", 1, FormulaCode::Tanh},
    {"where", 3, FormulaCode::Where},
};
constexpr std::pair<std::string_view, double> kConstants[] = {{"pi", std::numbers::pi},
                                                              {"e", std::numbers::e}};

const Function* findFunction(std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &Function::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

std::optional<double> constantOf(std::string_view name) {
  for (const auto& [known, value] : kConstants)
    if (known == name) return value;
  return std::nullopt;
}

// Neither NaN nor beyond the range of float, in which devices compute.
bool isFloat(double value) {
  return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
}

// The fewest insertions, removals and replacements of letters that turn one word into the other.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

Error unknownFunction(const FormulaToken& token) {
  std::string nearest, known;
  for (const Function& function : kFunctions) {
    known += (known.empty() ? "" : ", ") + std::string(function.name);
    if (editDistance(token.text, function.name) <= (function.name.size() > 3 ? 2u : 1u))
      nearest += (nearest.empty() ? "" : " or ") + std::string(function.name);
  }
  return invalid(
      fmt::format("there is no function '{}' at column {}", token.text.substr(0, 40), token.column), {},
      nearest.empty() ? "Functions: " + known : fmt::format("Did you mean {}?", nearest));
}

class Parser {
 public:
  explicit Parser(std::vector<FormulaToken> tokens) : tokens_(std::move(tokens)) {}

  Result<FormulaText> run() {
    if (token().kind == Kind::End || token().is(";"))
      return invalid("the formula is empty", {}, "Write one such as x * sigmoid(x)");
    TANDEM_TRY(findNames());
    TANDEM_ASSIGN(const int result, comparison());
    if (token().kind != Kind::End && !token().is(";")) return unexpected();
    while (token().is(";")) TANDEM_TRY(initialValue());
    if (token().kind != Kind::End) return unexpected();
    text_.formula = text_.formula.of(result);
    for (const Formula::Node& node : text_.formula.nodes())
      if (!isFloat(node.value))
        return invalid(
            "a part of the formula without inputs is not a number of reasonable size, such as 1 / 0");
    for (int i = 0; i < text_.inputs + static_cast<int>(text_.parameters.size()); ++i)
      TANDEM_TRY(checkDerivative(i));
    TANDEM_TRY(text_.formula.check());
    return std::move(text_);
  }

 private:
  const FormulaToken& token() const { return tokens_[at_]; }

  Error unexpected() const {
    if (token().kind == Kind::End)
      return invalid(fmt::format("the formula ends too early, at column {}", token().column));
    const bool factor = at_ > 0 && token().kind != Kind::Symbol;
    return invalid(fmt::format("unexpected '{}' at column {}", token().text.substr(0, 40), token().column),
                   {}, factor ? "Write an operator such as * before it" : "");
  }

  Status expect(std::string_view symbol) {
    if (!token().is(symbol)) {
      if (token().kind != Kind::End) return unexpected();
      return invalid(fmt::format("a '{}' is missing at column {}", symbol, token().column));
    }
    ++at_;
    return success();
  }

  Status checkDerivative(int operand) { return text_.formula.derivative(operand).check(); }

  // Which names are inputs, and which parameters.
  Status findNames() {
    std::vector<const FormulaToken*> names;
    for (std::size_t i = 0; i < tokens_.size() && !tokens_[i].is(";"); ++i) {
      const FormulaToken& each = tokens_[i];
      const auto same = [&](const FormulaToken* name) { return name->text == each.text; };
      if (each.kind == Kind::Name && !tokens_[i + 1].is("(") && !findFunction(each.text) &&
          !constantOf(each.text) && std::ranges::none_of(names, same))
        names.push_back(&each);
    }
    const auto reads = [&](std::string_view name) {
      return std::ranges::any_of(names, [=](const FormulaToken* each) { return each->text == name; });
    };
    if (reads("x")) {
      operands_.emplace_back("x");
    } else {
      std::size_t count = std::size(kFormulaInputs);
      while (count > 0 && !reads(kFormulaInputs[count - 1])) --count;
      for (std::size_t i = 0; i < count; ++i) {
        operands_.emplace_back(kFormulaInputs[i]);
        if (!reads(kFormulaInputs[i]))
          return invalid(fmt::format("reads input {}, but not {} before it", kFormulaInputs[count - 1],
                                     kFormulaInputs[i]),
                         {}, "Inputs are x, or a, b, c and d in this order");
      }
    }
    if (operands_.empty())
      return invalid("the formula reads no input", {}, "The input is x; several are a, b, c and d");
    text_.inputs = static_cast<int>(operands_.size());
    for (const FormulaToken* name : names) {
      if (std::ranges::find(operands_, name->text) != operands_.end()) continue;
      if (text_.parameters.size() == kMaxFormulaParameters)
        return invalid(fmt::format("'{}' at column {} is one parameter too many: a formula has at most {}",
                                   name->text.substr(0, 40), name->column, kMaxFormulaParameters));
      operands_.push_back(name->text);
      text_.parameters.push_back({name->text});
    }
    return success();
  }

  // "; beta = 0.5"
  Status initialValue() {
    ++at_;
    if (token().kind == Kind::End) return success();
    const FormulaToken name = token();
    if (name.kind != Kind::Name) return unexpected();
    const auto parameter = std::ranges::find(text_.parameters, name.text, &FormulaParameter::name);
    if (parameter == text_.parameters.end())
      return invalid(fmt::format("'{}' at column {} is not a parameter of the formula",
                                 name.text.substr(0, 40), name.column));
    ++at_;
    TANDEM_TRY(expect("="));
    const bool negative = token().is("-");
    if (negative) ++at_;
    if (token().kind != Kind::Number)
      return invalid(fmt::format("a number is missing at column {}", token().column));
    if (!isFloat(token().number))
      return invalid(fmt::format("the number {} at column {} is too large", token().text, token().column));
    parameter->initial = negative ? -token().number : token().number;
    ++at_;
    return success();
  }

  Result<int> comparison() {
    TANDEM_ASSIGN(const int left, sum());
    const FormulaToken op = token();
    const bool known = op.is("<") || op.is("<=") || op.is(">") || op.is(">=") || op.is("==") || op.is("!=");
    if (!known) return left;
    ++at_;
    TANDEM_ASSIGN(const int right, sum());
    Formula& f = text_.formula;
    if (op.is("<")) return f.apply(FormulaCode::Less, left, right);
    if (op.is("<=")) return f.apply(FormulaCode::LessEqual, left, right);
    if (op.is(">")) return f.apply(FormulaCode::Less, right, left);
    if (op.is(">=")) return f.apply(FormulaCode::LessEqual, right, left);
    const int equal = f.apply(FormulaCode::Equal, left, right);
    return op.is("==") ? equal : f.apply(FormulaCode::Subtract, f.constant(1), equal);
  }

  Result<int> sum() {
    TANDEM_ASSIGN(int left, term());
    while (token().is("+") || token().is("-")) {
      const FormulaCode code = token().is("+") ? FormulaCode::Add : FormulaCode::Subtract;
      ++at_;
      TANDEM_ASSIGN(const int right, term());
      left = text_.formula.apply(code, left, right);
    }
    return left;
  }

  Result<int> term() {
    TANDEM_ASSIGN(int left, signedPower());
    while (token().is("*") || token().is("/")) {
      const FormulaCode code = token().is("*") ? FormulaCode::Multiply : FormulaCode::Divide;
      ++at_;
      TANDEM_ASSIGN(const int right, signedPower());
      left = text_.formula.apply(code, left, right);
    }
    return left;
  }

  // -x^2 is -(x^2).
  Result<int> signedPower() {
    if (++depth_ > kMaxFormulaDepth)
      return invalid(fmt::format("the formula is nested too deeply at column {}: at most {} levels",
                                 token().column, kMaxFormulaDepth));
    const bool minus = token().is("-");
    if (minus || token().is("+")) {
      ++at_;
      TANDEM_ASSIGN(const int value, signedPower());
      --depth_;
      return minus ? text_.formula.negated(value) : value;
    }
    TANDEM_ASSIGN(const int base, primary());
    int result = base;
    if (token().is("^")) {  // a ^ b ^ c is a ^ (b ^ c)
      ++at_;
      TANDEM_ASSIGN(const int exponent, signedPower());
      result = text_.formula.apply(FormulaCode::Power, base, exponent);
    }
    --depth_;
    return result;
  }

  Result<int> primary() {
    const FormulaToken first = token();
    if (first.kind == Kind::Number) {
      ++at_;
      return text_.formula.constant(first.number);
    }
    if (first.is("(")) {
      ++at_;
      TANDEM_ASSIGN(const int inner, comparison());
      TANDEM_TRY(expect(")"));
      return inner;
    }
    if (first.kind != Kind::Name) {
      if (at_ > 0 && tokens_[at_ - 1].kind == Kind::Symbol && !tokens_[at_ - 1].is("(") &&
          !tokens_[at_ - 1].is(")"))
        return invalid(fmt::format("a value is missing after '{}' at column {}", tokens_[at_ - 1].text,
                                   tokens_[at_ - 1].column));
      return unexpected();
    }
    ++at_;
    const Function* const function = findFunction(first.text);
    if (token().is("(")) {
      if (!function) return unknownFunction(first);
      return call(*function, first);
    }
    if (function)
      return invalid(fmt::format("the function '{}' at column {} has no argument", first.text, first.column),
                     {}, fmt::format("Write {}(x)", first.text));
    if (const auto value = constantOf(first.text)) return text_.formula.constant(*value);
    const auto place = std::ranges::find(operands_, first.text);
    return text_.formula.operand(static_cast<int>(place - operands_.begin()));
  }

  Result<int> call(const Function& function, const FormulaToken& name) {
    std::vector<int> arguments;
    do {
      ++at_;  // the parenthesis or a comma
      TANDEM_ASSIGN(const int argument, comparison());
      arguments.push_back(argument);
    } while (token().is(","));
    TANDEM_TRY(expect(")"));
    if (arguments.size() != static_cast<std::size_t>(function.arguments))
      return invalid(fmt::format("the function '{}' at column {} takes {} argument{}, not {}", name.text,
                                 name.column, function.arguments, function.arguments == 1 ? "" : "s",
                                 arguments.size()));
    arguments.resize(3, -1);
    Formula& f = text_.formula;
    if (function.name == "clip")
      return f.apply(FormulaCode::Minimum, f.apply(FormulaCode::Maximum, arguments[0], arguments[1]),
                     arguments[2]);
    return f.apply(function.code, arguments[0], arguments[1], arguments[2]);
  }

  std::vector<FormulaToken> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<std::string> operands_;
  FormulaText text_;
};

}  // namespace

Result<FormulaText> parseFormula(std::string_view text) {
  if (text.size() > kMaxFormulaLength)
    return invalid(fmt::format("the formula has {} characters, but at most {} are allowed", text.size(),
                               kMaxFormulaLength),
                   {}, "Divide it between two formula layers");
  TANDEM_ASSIGN(std::vector<FormulaToken> tokens, formulaTokens(text));
  return Parser(std::move(tokens)).run();
}

}  // namespace tandem
