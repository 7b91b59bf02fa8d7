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
    .help =
        {.formula =
             "a = x kernel + h' recurrent_kernel + bias: four parts i, f, g, o, with the states h', c' of the "
             "step before\n"
             "c = sigmoid(f) c' + sigmoid(i) tanh(g)\n"
             "h = sigmoid(o) tanh(c)",
         .shapes = "(steps, features) -> (units), or (steps, units) with output all\n"
                   "states: (units)\n"
                   "twice the units with direction both",
         .example = {.inputs = {{{2, 1}, {1, 1}}},
                     .properties = {{"units", std::int64_t{1}},
                                    {"output", std::string("all")},
                                    {"use_bias", std::int64_t{0}}},
                     .weights = {{"kernel", {1, 1, 1, 1}}, {"recurrent_kernel", {1, 1, 1, 1}}},
                     .outputs = {{{2, 1}, {0.37, 0.651}}}}},
};

}  // namespace tandem::layers
