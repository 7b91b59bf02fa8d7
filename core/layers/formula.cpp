#include "core/ops/formula.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/layers/merge.h"
#include "core/layers/sequence.h"
#include "core/ops/formula_text.h"

namespace tandem::layers {

extern const LayerDef formula;

namespace {

std::string textOfFormula(const Attrs& properties) {
  return textOf(formula.properties, properties, "formula");
}

Status checkText(std::string_view text) {
  TANDEM_TRY(parseFormula(text));
  return success();
}

int inputCount(const Attrs& properties) {
  const auto parsed = parseFormula(textOfFormula(properties));
  return parsed.ok() ? parsed->inputs : 1;
}

// The inputs, of one rank, and an Error if their sizes do not fit.
Result<std::vector<ValueId>> aligned(LowerContext& context, std::span<const ValueId> inputs) {
  int rank = 0;
  for (const ValueId input : inputs) rank = std::max(rank, context.shape(input).rank());
  std::vector<ValueId> values;
  Shape whole;
  for (const ValueId input : inputs) {
    TANDEM_ASSIGN(const ValueId value, withRank(context, input, rank));
    const auto shape =
        values.empty() ? context.shape(value) : ops::broadcastShape(whole, context.shape(value));
    if (!shape.ok())
      return invalid("needs inputs whose sizes are equal or 1 along each axis, but gets " +
                         whole.withoutFirst().text() + " and " + sampleText(context, input),
                     {}, "Give the branches the same output shape, for instance with a 1 x 1 convolution");
    whole = *shape;
    values.push_back(value);
  }
  return values;
}

// After the end of a sequence, values may have no logarithm or reciprocal. Later layers multiply what they have there by a
// gradient of 0, so it must be finite.
Result<ValueId> finiteAfterEnd(LowerContext& context, const Formula& f, std::span<const ValueId> inputs,
                               ValueId y) {
  if (std::ranges::none_of(f.nodes(), formulaDiverges, &Formula::Node::code)) return y;
  const Shape shape = context.shape(y);
  const auto ends = [&](ValueId input) {
    return context.lengths(input) != kNoValue && shape.rank() == context.shape(input).rank() &&
           shape[1] == context.shape(input)[1];
  };
  const auto from = std::ranges::find_if(inputs, ends);
  if (from == inputs.end()) return y;
  context.setLengths(y, context.lengths(*from));
  return masked(context, y);
}

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_ASSIGN(const FormulaText parsed, parseFormula(textOfFormula(properties)));
  if (static_cast<int>(inputs.size()) != parsed.inputs)
    return invalid(fmt::format("its formula reads {} input{}, but {} are connected", parsed.inputs,
                               parsed.inputs == 1 ? "" : "s", inputs.size()),
                   {}, "Remove connections, or use the inputs in the formula: a, b, c and d");
  TANDEM_ASSIGN(std::vector<ValueId> operands, aligned(context, inputs));
  std::int64_t features = 1;
  for (const ValueId operand : operands) features = std::max(features, context.shape(operand)[-1]);
  const bool single = textOf(formula.properties, properties, "parameters") == "single";
  for (const FormulaParameter& parameter : parsed.parameters)
    operands.push_back(context.parameter(parameter.name, Shape{single ? 1 : features},
                                         constantInitializer(parameter.initial), 0, 0, false));
  TANDEM_ASSIGN(const ValueId y, context.op(ops::formula, parsed.formula.attrs(), std::move(operands)));
  return finiteAfterEnd(context, parsed.formula, inputs, y);
}

}  // namespace

const LayerDef formula = {
    .type = "formula",
    .label = "Formula",
    .category = "Merge",
    .summary =
        "Computes a formula of its input x, or of its inputs a, b, c and d, for every value. Other names are trained "
        "parameters.",
    .properties =
        {{.key = "formula",
          .label = "Formula",
          .kind = PropertyKind::Text,
          .fallback = std::string("x * sigmoid(x)"),
          .tooltip =
              "The input is x; several are a, b, c and d. Any other name is a trained parameter, which starts at 1 "
              "unless stated at the end: x * sigmoid(beta * x); beta = 0.5\n\n"
              "Operators: + - * / ^ < <= > >= == !=\n"
              "Functions: abs, clip(x, low, high), cos, erf, exp, floor, log, max(a, b), min(a, b), relu, sigmoid, "
              "sign, sin, softplus, sqrt, tanh, where(condition, a, b)\n"
              "Constants: pi, e",
          .checkText = checkText},
         {.key = "parameters",
          .label = "Parameters",
          .kind = PropertyKind::Choice,
          .fallback = std::string("per_channel"),
          .tooltip = "Whether a parameter has a number for each channel (or feature), or one for all",
          .choices = {"per_channel", "single"}}},
    .minInputs = 1,
    .maxInputs = 4,
    .inputNames = {std::begin(kFormulaInputs), std::end(kFormulaInputs)},
    .inputCount = inputCount,
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = the formula, for each value",
             .shapes = "equal shapes; extents of 1 are repeated",
             .example = {.inputs = {{{3}, {-1, 0, 2}}}, .outputs = {{{3}, {-0.269, 0, 1.762}}}}},
};

}  // namespace tandem::layers
