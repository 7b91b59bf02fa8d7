#include "core/ops/gru.h"

#include "core/layers/recurrent.h"

namespace tandem::layers {

extern const LayerDef gru;

namespace {

std::vector<std::string> outputs(const Attrs& properties) {
  return recurrentOutputs(gru, properties, false);
}

Result<std::vector<ValueId>> lowerMany(LowerContext& context, const Attrs& properties,
                                       std::span<const ValueId> inputs) {
  return lowerRecurrent(context, {.def = gru, .op = ops::gru, .gates = 3, .twoBiases = true}, properties,
                        inputs);
}

}  // namespace

const LayerDef gru = {
    .type = "gru",
    .label = "GRU",
    .category = "Sequence",
    .summary =
        "Gated recurrent unit: reads a sequence step by step, like LSTM, but with one state and a quarter fewer "
        "weights. For text, time series and other sequences.",
    .names = {.keras = "GRU", .pytorch = "GRU"},
    .properties = recurrentProperties(),
    .maxInputs = 2,
    .inputNames = {"sequence", "state"},
    .outputs = outputs,
    .lowerMany = lowerMany,
};

}  // namespace tandem::layers
