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
    .help =
        {.formula =
             "a = x kernel + bias 1, u = h' recurrent_kernel + bias 2: three parts z, r, n each, with the state "
             "h' of the step before\n"
             "z = sigmoid(a_z + u_z), r = sigmoid(a_r + u_r)\n"
             "h = z h' + (1 - z) tanh(a_n + r u_n)",
         .shapes = "(steps, features) -> (units), or (steps, units) with output all\n"
                   "states: (units)\n"
                   "twice the units with direction both",
         .example = {.inputs = {{{2, 1}, {1, 1}}},
                     .properties = {{"units", std::int64_t{1}}, {"output", std::string("all")}},
                     .weights = {{"kernel", {1, 1, 1}}, {"recurrent_kernel", {1, 1, 1}}},
                     .outputs = {{{2, 1}, {0.205, 0.347}}}}},
};

}  // namespace tandem::layers
