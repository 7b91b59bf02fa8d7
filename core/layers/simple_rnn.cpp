#include "core/ops/simple_rnn.h"

#include "core/layers/recurrent.h"

namespace tandem::layers {

extern const LayerDef simple_rnn;

namespace {

std::vector<Property> properties() {
  std::vector<Property> list = recurrentProperties();
  list.insert(list.begin() + 1, Property{.key = "activation",
                                         .label = "Activation",
                                         .kind = PropertyKind::Choice,
                                         .fallback = std::string("tanh"),
                                         .tooltip = "Computes the new state: tanh keeps it between -1 and 1",
                                         .choices = {"tanh", "relu"}});
  return list;
}

std::vector<std::string> outputs(const Attrs& properties) {
  return recurrentOutputs(simple_rnn, properties, false);
}

Result<std::vector<ValueId>> lowerMany(LowerContext& context, const Attrs& properties,
                                       std::span<const ValueId> inputs) {
  return lowerRecurrent(context,
                        {.def = simple_rnn,
                         .op = ops::simple_rnn,
                         .gates = 1,
                         .attrs = {{"activation", textOf(simple_rnn.properties, properties, "activation")}}},
                        properties, inputs);
}

}  // namespace

const LayerDef simple_rnn = {
    .type = "simple_rnn",
    .label = "Simple RNN",
    .category = "Sequence",
    .summary =
        "Reads a sequence step by step with a state that it passes on. For short sequences: LSTM and GRU "
        "remember better what lies many steps back.",
    .names = {.keras = "SimpleRNN", .pytorch = "RNN"},
    .properties = properties(),
    .maxInputs = 2,
    .inputNames = {"sequence", "state"},
    .activationKey = "activation",
    .outputs = outputs,
    .lowerMany = lowerMany,
    .help = {.formula =
                 "h = act(x kernel + h' recurrent_kernel + bias), with the state h' of the step before",
             .shapes = "(steps, features) -> (units), or (steps, units) with output all\n"
                       "states: (units)\n"
                       "twice the units with direction both",
             .example = {.inputs = {{{2, 1}, {1, 1}}},
                         .properties = {{"units", std::int64_t{1}}, {"output", std::string("all")}},
                         .weights = {{"kernel", {1}}, {"recurrent_kernel", {1}}},
                         .outputs = {{{2, 1}, {0.762, 0.943}}}}},
};

}  // namespace tandem::layers
