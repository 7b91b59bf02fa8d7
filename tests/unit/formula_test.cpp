#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/ops/activation_kind.h"
#include "core/ops/formula_program.h"
#include "core/ops/formula_text.h"

namespace tandem {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

FormulaText parsed(std::string_view text) {
  auto result = parseFormula(text);
  EXPECT_TRUE(result.ok()) << text << ": " << (result.ok() ? "" : result.error().text());
  return result.ok() ? std::move(result).value() : FormulaText{};
}

double valueAt(std::string_view text, const std::vector<double>& operands) {
  return parsed(text).formula.value(operands);
}

// df / d operand, with dy = 1.
double slopeAt(std::string_view text, std::vector<double> operands, int operand = 0) {
  const Formula derivative = parsed(text).formula.derivative(operand);
  operands.insert(operands.begin(), 1.0);
  return derivative.value(operands);
}

std::string errorOf(std::string_view text) {
  const auto result = parseFormula(text);
  return result.ok() ? "" : result.error().text();
}

TEST(Formula, FollowsThePrecedenceOfOperators) {
  EXPECT_EQ(valueAt("1 + x * 3 ^ 2", {2}), 19);
  EXPECT_EQ(valueAt("-x ^ 2", {3}), -9);
  EXPECT_EQ(valueAt("2 ^ -x", {1}), 0.5);
  EXPECT_EQ(valueAt("x ^ 3 ^ 2", {2}), 512);
  EXPECT_EQ(valueAt("x - 2 - 3", {10}), 5);
  EXPECT_EQ(valueAt("x / 2 / 4", {16}), 2);
  EXPECT_EQ(valueAt("(a - b)^2", {5, 2}), 9);
  EXPECT_EQ(valueAt("x + 1 < 3", {1}), 1);
  EXPECT_EQ(valueAt("x >= 3", {1}), 0);
  EXPECT_EQ(valueAt("x != 3", {1}), 1);
  EXPECT_EQ(valueAt("where(a > b, a, -b)", {1, 2}), -2);
  EXPECT_EQ(valueAt("clip(x, -1, 1)", {-3}), -1);
  EXPECT_EQ(valueAt("max(a, min(b, 4))", {1, 9}), 4);
  EXPECT_DOUBLE_EQ(valueAt("sin(pi * x) + e", {0.5}), 1 + 2.718281828459045);
}

TEST(Formula, NamesAreInputsOrParameters) {
  const FormulaText one = parsed("x * sigmoid(beta * x) + a; beta = -0.5; a = 2");
  EXPECT_EQ(one.inputs, 1);
  ASSERT_EQ(one.parameters.size(), 2u);
  EXPECT_EQ(one.parameters[0].name, "beta");
  EXPECT_EQ(one.parameters[0].initial, -0.5);
  EXPECT_EQ(one.parameters[1].name, "a");
  EXPECT_EQ(one.parameters[1].initial, 2);
  const FormulaText two = parsed("b - a * gain");
  EXPECT_EQ(two.inputs, 2);
  ASSERT_EQ(two.parameters.size(), 1u);
  EXPECT_EQ(two.formula.value({1, 5, 3}), 2);
}

TEST(Formula, ErrorsNameTheColumn) {
  EXPECT_EQ(errorOf("x + 2)"), "unexpected ')' at column 6");
  EXPECT_EQ(errorOf("sigmod(x)"), "there is no function 'sigmod' at column 1. Did you mean sigmoid?");
  EXPECT_EQ(errorOf("x * "), "a value is missing after '*' at column 3");
  EXPECT_EQ(errorOf("(x + 1"), "a ')' is missing at column 7");
  EXPECT_EQ(errorOf("2x"), "unexpected 'x' at column 2. Write an operator such as * before it");
  EXPECT_EQ(errorOf("x ** 2"), "unexpected '**' at column 3. Write a power as x^2");
  EXPECT_EQ(errorOf("β * x"), "unexpected character 'β' at column 1");
  EXPECT_EQ(errorOf("sigmoid * x"), "the function 'sigmoid' at column 1 has no argument. Write sigmoid(x)");
  EXPECT_EQ(errorOf("max(x)"), "the function 'max' at column 1 takes 2 arguments, not 1");
  EXPECT_EQ(errorOf(""), "the formula is empty. Write one such as x * sigmoid(x)");
  EXPECT_EQ(errorOf("beta"), "the formula reads no input. The input is x; several are a, b, c and d");
  EXPECT_EQ(errorOf("b * 2"),
            "reads input b, but not a before it. Inputs are x, or a, b, c and d in this order");
  EXPECT_EQ(errorOf("x; beta = 1"), "'beta' at column 4 is not a parameter of the formula");
  EXPECT_EQ(errorOf("x * beta; beta = x"), "a number is missing at column 18");
  EXPECT_NE(errorOf("x + 1 / 0"), "");
  EXPECT_NE(errorOf("x + 1e300"), "");
  EXPECT_NE(errorOf("x + 1e999"), "");
  EXPECT_NE(errorOf("x * (p1 + p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9)"), "");
  EXPECT_NE(errorOf(std::string(60, '(') + "x" + std::string(60, ')')), "");
  EXPECT_NE(errorOf(std::string(60, '-') + "x"), "");
  EXPECT_NE(errorOf("x" + std::string(300, ' ')), "");
}

TEST(Formula, IsSimplified) {
  EXPECT_EQ(parsed("x ^ 2").formula, parsed("x * x").formula);
  EXPECT_EQ(parsed("0 * x + 1 * x - 0").formula, parsed("x").formula);
  EXPECT_EQ(parsed("x * beta + beta * x").formula.nodes().size(), 4u);  // the products are one
  EXPECT_EQ(parsed("x").formula.derivative(0), parsed("x").formula);    // dy
}

TEST(Formula, DerivativesMatchFiniteDifferences) {
  const std::array formulas{"x * sigmoid(x)",
                            "(a - b)^2",
                            "a / b",
                            "a ^ b",
                            "x ^ 3 - x ^ 5",
                            "x ^ -2",
                            "exp(-x ^ 2) * cos(3 * x)",
                            "log(x) * sqrt(x)",
                            "sin(x) / x",
                            "tanh(a * b) + abs(a - b)",
                            "max(a, b) * min(a, 2 * b)",
                            "where(a < b, a * b, a - b)",
                            "clip(3 * x, 0.2, 1.1)",
                            "relu(x - 0.5) + softplus(-x)",
                            "erf(x) * floor(4 * x) + sign(x)",
                            "a * sigmoid(beta * b) ^ gamma",
                            "2 ^ x + x ^ x",
                            "(a + b + c + d) ^ 2 / (1 + a)",
                            "-(-x) * (x > 0.7) + 1 / (1 + exp(-x))",
                            "sqrt(1 + a ^ 2) - log(1 + exp(b))"};
  PhiloxSequence random(3, 0);
  for (const char* text : formulas) {
    const FormulaText formula = parsed(text);
    const int count = formula.inputs + static_cast<int>(formula.parameters.size());
    for (int round = 0; round < 20; ++round) {
      std::vector<double> at;
      for (int i = 0; i < count; ++i) at.push_back(0.1 + 1.5 * random.uniform());
      for (int i = 0; i < count; ++i) {
        constexpr double kStep = 1e-6;
        std::vector<double> above = at, below = at;
        above[static_cast<std::size_t>(i)] += kStep;
        below[static_cast<std::size_t>(i)] -= kStep;
        const double numeric = (formula.formula.value(above) - formula.formula.value(below)) / (2 * kStep);
        EXPECT_NEAR(slopeAt(text, at, i), numeric, 1e-5 * (1 + std::abs(numeric)))
            << text << ", operand " << i;
      }
    }
  }
}

TEST(Formula, EqualsTheActivations) {
  struct Case {
    const char* text;
    ActivationKind kind;
    double alpha;
  };
  for (const Case& c :
       {Case{"x * sigmoid(x)", ActivationKind::Silu, 0}, Case{"relu(x)", ActivationKind::Relu, 0},
        Case{"where(x > 0, x, 0.2 * x)", ActivationKind::LeakyRelu, 0.2},
        Case{"softplus(x)", ActivationKind::Softplus, 0},
        Case{"x * tanh(softplus(x))", ActivationKind::Mish, 0},
        Case{"clip(x, 0, 6)", ActivationKind::Relu6, 0},
        Case{"0.5 * x * (1 + erf(x / sqrt(2)))", ActivationKind::Gelu, 0}}) {
    for (const double x : {-4.0, -1.5, -0.2, 0.3, 1.0, 2.5, 7.0}) {
      const double y = activate(c.kind, c.alpha, x);
      EXPECT_NEAR(valueAt(c.text, {x}), y, 1e-12) << c.text << " at " << x;
      EXPECT_NEAR(slopeAt(c.text, {x}), activateDerivative(c.kind, c.alpha, x, y), 1e-9)
          << c.text << " at " << x;
    }
  }
  // PReLU: its slope is a parameter.
  for (const double x : {-2.0, 3.0}) {
    EXPECT_EQ(valueAt("where(x > 0, x, alpha * x)", {x, 0.25}), x > 0 ? x : 0.25 * x);
    EXPECT_EQ(slopeAt("where(x > 0, x, alpha * x)", {x, 0.25}, 1), x > 0 ? 0 : x);
  }
}

TEST(Formula, DerivativesAreFiniteAtTheEdges) {
  EXPECT_EQ(slopeAt("sqrt(x)", {0}), 0);
  EXPECT_EQ(slopeAt("log(x)", {0}), 0);
  EXPECT_EQ(slopeAt("log(x)", {-1}), 0);
  EXPECT_EQ(slopeAt("abs(x)", {0}), 0);
  EXPECT_EQ(slopeAt("1 / x", {0}), 0);
  EXPECT_EQ(slopeAt("a / b", {1, 0}, 0), 0);
  EXPECT_EQ(valueAt("a ^ b", {0, 0}), 1);
  EXPECT_EQ(slopeAt("a ^ b", {0, 0}, 0), 0);
  EXPECT_EQ(slopeAt("a ^ b", {0, 0}, 1), 0);
  EXPECT_EQ(slopeAt("a ^ b", {0, 1}, 0), 1);
  EXPECT_EQ(slopeAt("a ^ b", {0, 0.5}, 0), 0);
  EXPECT_EQ(slopeAt("a ^ b", {-2, 3}, 0), 12);
  EXPECT_EQ(slopeAt("a ^ b", {-2, 3}, 1), 0);
  EXPECT_EQ(slopeAt("x ^ 0.5", {0}), 0);
  EXPECT_EQ(slopeAt("max(a, b)", {2, 2}, 1), 0.5);
  EXPECT_EQ(slopeAt("floor(3 * x)", {0.5}), 0);
  EXPECT_EQ(valueAt("log(x)", {0}), -kInfinity);
  EXPECT_TRUE(std::isnan(valueAt("relu(x)", {std::nan("")})));
}

// In a branch that is not taken, and after the end of a sequence, where dy is 0, infinite factors do not count.
TEST(Formula, AGradientOfZeroRemainsZero) {
  EXPECT_EQ(slopeAt("where(x > 0, x, alpha * (exp(x) - 1))", {1000, 1}, 0), 1);
  EXPECT_EQ(slopeAt("where(x > 0, x, alpha * (exp(x) - 1))", {1000, 1}, 1), 0);
  EXPECT_EQ(slopeAt("min(exp(x), 10)", {1000}), 0);
  EXPECT_EQ(slopeAt("where(x > 0, beta * sqrt(x), 0)", {-1, 2}, 1), 0);
  EXPECT_EQ(slopeAt("clip(gain * log(x), -5, 5)", {0, 2}, 1), 0);
  const Formula of = parsed("gain * log(x) + x ^ gain / x").formula;  // operands x and gain
  for (const int operand : {0, 1})
    for (const double x : {0.0, -1.0, 1e300}) EXPECT_EQ(of.derivative(operand).value({0, x, 2.5}), 0) << x;
}

TEST(Formula, SurvivesItsAttributes) {
  const Formula formula = parsed("where(a < b, a * gain - 0.1, 2.5 ^ b)").formula;
  const auto restored = Formula::from(formula.attrs());
  ASSERT_TRUE(restored.ok());
  EXPECT_EQ(*restored, formula);
  EXPECT_FALSE(Formula::from({}).ok());
  EXPECT_FALSE(Formula::from({{"code", std::vector<std::int64_t>{2, 0, 0, -1}}}).ok());   // reads itself
  EXPECT_FALSE(Formula::from({{"code", std::vector<std::int64_t>{1, 0, -1, -1}}}).ok());  // no such constant
}

// What kernels compute, on the slots of the program.
TEST(Formula, ProgramsReuseTheirSlots) {
  const Formula formula = parsed("sin(x) * 2 + exp(cos(x) - x) / (x + 3)").formula;
  for (const Formula& each : {formula, formula.derivative(0)}) {
    const auto program = FormulaProgram::of(each);
    ASSERT_TRUE(program.ok());
    EXPECT_LT(program->slots, program->count);
    const std::vector<double> operands{0.75, 0.4};
    std::vector<double> slots(FormulaProgram::kMaxSlots, std::nan(""));
    double value = 0;
    for (int k = 0; k < program->count; ++k) {
      const FormulaInstruction& step = program->code[k];
      if (step.code == FormulaCode::Operand)
        value = operands[step.a];
      else if (step.code == FormulaCode::Constant)
        value = static_cast<double>(program->constants[step.a]);
      else
        value = formulaValue(step.code, slots[step.a], slots[step.b], slots[step.c]);
      slots[step.to] = value;
    }
    EXPECT_DOUBLE_EQ(value, each.value(operands));
  }
}

TEST(Formula, OperandsAreRepeatedAlongAxes) {
  const std::vector<TensorType> operands{{DType::F32, Shape{2, 3, 5}},
                                         {DType::F32, Shape{5}},
                                         {DType::F32, Shape{2, 1, 1}},
                                         {DType::F32, Shape{1}}};
  const FormulaAxes axes = FormulaAxes::of(Shape{2, 3, 5}, operands);
  EXPECT_TRUE(axes.whole(0));
  EXPECT_FALSE(axes.whole(1));
  for (int n = 0; n < 2; ++n)
    for (int i = 0; i < 3; ++i)
      for (int c = 0; c < 5; ++c) {
        const int index = (n * 3 + i) * 5 + c;
        EXPECT_EQ(axes.at(0, index), index);
        EXPECT_EQ(axes.at(1, index), c);
        EXPECT_EQ(axes.at(2, index), n);
        EXPECT_EQ(axes.at(3, index), 0);
      }
}

// Random texts give formulas or errors; derivatives of the formulas are formulas, too.
TEST(Formula, RandomTextsAreParsedOrRefused) {
  const std::array words{"x",   "a", "b",  "beta", "2", "0.5",      "1e3",  "+",      "-",
                         "*",   "/", "^",  "(",    ")", "(",        ")",    ",",      ";",
                         "=",   "<", ">=", "!=",   "!", "sigmoid(", "max(", "where(", "log(",
                         "sin", " ", "é",  "pi",   "e", "$",        "."};
  PhiloxSequence random(7, 0);
  int formulas = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const std::size_t count = 1 + random.below(9);
    for (std::size_t i = 0; i < count; ++i) text += words[random.below(words.size())];
    const auto result = parseFormula(text);
    if (!result.ok()) {
      EXPECT_FALSE(result.error().message.empty()) << text;
      continue;
    }
    ++formulas;
    const int operands = result->inputs + static_cast<int>(result->parameters.size());
    for (int i = 0; i < operands; ++i) EXPECT_TRUE(result->formula.derivative(i).check().ok()) << text;
  }
  EXPECT_GT(formulas, 100);
  for (int round = 0; round < 5000; ++round) {  // bytes
    std::string text;
    const std::size_t count = random.below(30);
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(random.below(256));
    const auto result = parseFormula(text);
    EXPECT_TRUE(result.ok() || !result.error().message.empty());
  }
}

// The longest formulas stay within the limits of the kernels, or are refused.
TEST(Formula, LongFormulasAreLimited) {
  std::string product = "x";
  while (product.size() + 8 < kMaxFormulaLength) product += "*sin(x)";
  EXPECT_TRUE(parseFormula(product).ok());
  std::string nested, closing;
  for (int i = 0; i < 25; ++i) {
    nested += "sin(";
    closing += ')';
  }
  nested += "x" + closing;
  EXPECT_TRUE(parseFormula(nested).ok());
}

}  // namespace
}  // namespace tandem
