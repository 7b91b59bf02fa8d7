#include "core/ops/embedding.h"
#include "core/layers/layer.h"

namespace tandem::layers {

extern const LayerDef embedding;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const std::int64_t vocabulary = integerOf(embedding.properties, properties, "vocabulary"),
                     units = integerOf(embedding.properties, properties, "units");
  const Shape table{vocabulary, units};
  TANDEM_TRY(LowerContext::checkSize(table));
  return context.op(ops::embedding, {},
                    {inputs[0], context.parameter("embeddings", table, "uniform", 0, 0, false)});
}

}  // namespace

const LayerDef embedding = {
    .type = "embedding",
    .label = "Embedding",
    .category = "Sequence",
    .summary = "Turns each token, such as a word or a character, into a vector that is trained.",
    .names = {.keras = "Embedding", .pytorch = "Embedding"},
    .properties = {{.key = "vocabulary",
                    .label = "Vocabulary",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{10000},
                    .tooltip =
                        "Number of different tokens, with 0 for padding and 1 for unknown ones; at least "
                        "the size of the vocabulary of the data",
                    .minimum = 1,
                    .maximum = 16777216},
                   {.key = "units",
                    .label = "Units",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{64},
                    .tooltip = "Numbers in the vector of each token",
                    .minimum = 1,
                    .maximum = 1048576}},
    .keepsSteps = true,
    .readsTokens = true,
    .lower = lower,
    .help = {.formula = "y[t] = the row of the table with the number x[t]",
             .shapes = "(steps) of tokens -> (steps, units)",
             .example = {.inputs = {{{2}, {2, 0}}},
                         .properties = {{"vocabulary", std::int64_t{3}}, {"units", std::int64_t{2}}},
                         .weights = {{"embeddings", {1, 2, 3, 4, 5, 6}}},
                         .outputs = {{{2, 2}, {5, 6, 1, 2}}}}},
};

}  // namespace tandem::layers
