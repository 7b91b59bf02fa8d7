#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/layers/sequence.h"
#include "core/ops/batch_matmul.h"

namespace tandem::layers {

extern const LayerDef dot;

namespace {

// A matrix for each sample; a vector is one row.
struct Factor {
  ValueId matrix = kNoValue;
  bool vector = false;
  bool overRows = false;  // the sums are over its rows
};

Result<Factor> factorOf(LowerContext& context, ValueId input, std::int64_t axis) {
  const Shape shape = context.shape(input);
  const int rank = shape.rank() - 1;
  if (rank < 1 || rank > 2 || axis > rank)
    return invalid(fmt::format("cannot sum over dimension {} of an input of {}", axis == 0 ? rank : axis,
                               sampleText(context, input)),
                   {}, "Connect vectors (features) or sequences (steps, features)");
  Factor factor{.vector = rank == 1, .overRows = rank == 2 && axis == 1};
  TANDEM_ASSIGN(factor.matrix, masked(context, input));
  if (factor.vector) {
    TANDEM_ASSIGN(factor.matrix,
                  context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{1, shape[1]}}}, {input}));
  }
  return factor;
}

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const auto axis = [&](std::string_view key) { return integerOf(dot.properties, properties, key); };
  TANDEM_ASSIGN(const Factor a, factorOf(context, inputs[0], axis("first_axis")));
  TANDEM_ASSIGN(const Factor b, factorOf(context, inputs[1], axis("second_axis")));
  const Shape left = context.shape(a.matrix), right = context.shape(b.matrix);
  if (left[a.overRows ? 1 : 2] != right[b.overRows ? 1 : 2])
    return invalid(fmt::format("sums over dimensions of {} and {} values, of inputs of {} and {}",
                               left[a.overRows ? 1 : 2], right[b.overRows ? 1 : 2],
                               sampleText(context, inputs[0]), sampleText(context, inputs[1])),
                   {}, "Choose dimensions of the same size");
  TANDEM_ASSIGN(ValueId y, context.op(ops::batch_matmul,
                                      {{"transpose_a", std::int64_t{a.overRows}},
                                       {"transpose_b", std::int64_t{!b.overRows}}},
                                      {a.matrix, b.matrix}));
  if (a.vector || b.vector) {  // one row or one column
    const std::int64_t values = context.shape(y).withoutFirst().elements();
    TANDEM_ASSIGN(y, context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{values}}}, {y}));
  }
  // The rows are steps of the first input, unless the sums are over these.
  if (!a.vector && !b.vector && !a.overRows) context.setLengths(y, context.lengths(inputs[0]));
  return y;
}

Property axisProperty(std::string_view key, std::string_view label) {
  return {
      .key = key,
      .label = label,
      .kind = PropertyKind::Integer,
      .fallback = std::int64_t{0},
      .tooltip =
          "The dimension after the batch that the sums are over, from 1: of a sequence, 1 are the steps and "
          "2 the features",
      .minimum = 0,
      .maximum = 2,
      .zeroText = "last"};
}

}  // namespace

const LayerDef dot = {
    .type = "dot",
    .label = "Dot product",
    .category = "Merge",
    .summary =
        "Dot products of two inputs: of two vectors, such as a user and a product, or of each step of a sequence with each "
        "step of another one.",
    .names = {.keras = "Dot", .pytorch = "torch.bmm"},
    .properties = {axisProperty("first_axis", "First dimension"),
                   axisProperty("second_axis", "Second dimension")},
    .minInputs = 2,
    .maxInputs = 2,
    .inputNames = {"first", "second"},
    .fixesSize = true,
    .lower = lower,
    .help = {.formula = "y[i, j] = sum over k of first[i, k] second[j, k]\n"
                        "with dimension 1 of an input: first[k, i], second[k, j]",
             .shapes = "(features), (features) -> (1)\n"
                       "(steps, features), (other steps, features) -> (steps, other steps)\n"
                       "(steps, features), (features) -> (steps)",
             .example = {.inputs = {{{2, 2}, {1, 2, 3, 4}}, {{2}, {10, 1}}}, .outputs = {{{2}, {12, 34}}}}},
};

}  // namespace tandem::layers
