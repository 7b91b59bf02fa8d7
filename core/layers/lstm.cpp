#include "core/ops/lstm.h"

#include "core/layers/recurrent.h"

namespace tandem::layers {

extern const LayerDef lstm;

namespace {

std::vector<std::string> outputs(const Attrs& properties) {
  return recurrentOutputs(lstm, properties, true);
}

Result<std::vector<ValueId>> lowerMany(LowerContext& context, const Attrs& properties,
                                       std::span<const ValueId> inputs) {
  return lowerRecurrent(context,
                        {.def = lstm, .op = ops::lstm, .gates = 4, .cell = true, .bias = kForgetOnes},
                        properties, inputs);
}

}  // namespace

const LayerDef lstm = {
    .type = "lstm",
    .label = "LSTM",
    .category = "Sequence",
    .summary =
        "Long short-term memory: reads a sequence step by step; gates decide what its memory forgets, stores "
        "and shows. For text, time series and other sequences.",
    .names = {.keras = "LSTM", .pytorch = "LSTM"},
    .properties = recurrentProperties(),
    .maxInputs = 3,
    .inputNames = {"sequence", "state", "cell"},
    .outputs = outputs,
    .lowerMany = lowerMany,
};

}  // namespace tandem::layers
