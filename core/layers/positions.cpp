#include "core/layers/sequence.h"
#include "core/ops/combine.h"

namespace tandem::layers {

extern const LayerDef positions;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireSequence(context, inputs[0]));
  const std::int64_t steps = context.shape(inputs[0])[1], units = context.shape(inputs[0])[2];
  const Shape table{steps, units};
  // The sines are a state, so that all devices add the same bits, without an op that computes them.
  const ValueId vectors = textOf(positions.properties, properties, "kind") == "learned"
                              ? context.parameter("embeddings", table, "uniform", 0, 0, false)
                              : context.state("sinusoids", table, "sinusoidal");
  TANDEM_ASSIGN(
      const ValueId all,
      context.op(ops::reshape,
                 {{"shape", std::vector<std::int64_t>{steps, units}}, {"rows", std::int64_t{1}}}, {vectors}));
  return context.op(ops::combine, ops::CombineAttrs{CombineKind::Add, 1}.attrs(), {inputs[0], all});
}

}  // namespace

const LayerDef positions = {
    .type = "positions",
    .label = "Position embedding",
    .category = "Sequence",
    .summary =
        "Adds a vector for its position to each step of a sequence, since attention does not depend on the order "
        "of the steps.",
    .properties = {{.key = "kind",
                    .label = "Kind",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("learned"),
                    .tooltip =
                        "learned: a trained vector per step; sinusoidal: sines and cosines of different "
                        "wavelengths, without weights",
                    .choices = {"learned", "sinusoidal"}}},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y[t] = x[t] + p[t]\n"
                        "learned: p is trained\n"
                        "sinusoidal: p[t, 2 i] = sin(t / 10000^(2 i / features)), p[t, 2 i + 1] the cosine",
             .shapes = "(steps, features), unchanged",
             .example = {.inputs = {{{2, 2}, {0, 0, 0, 0}}},
                         .properties = {{"kind", std::string("sinusoidal")}},
                         .outputs = {{{2, 2}, {0, 1, 0.841, 0.54}}}}},
};

}  // namespace tandem::layers
