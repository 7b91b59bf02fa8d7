// What the recurrent layers share: their properties, weights and states. A layer consists of `layers` stacked ones, each with
// one or two directions. Its states, as an input or output, are those of all of them side by side, in this order: layer by
// layer, forward before backward.
#pragma once

#include <fmt/format.h>

#include "core/layers/sequence.h"
#include "core/ops/concat.h"
#include "core/ops/dropout.h"
#include "core/ops/matmul.h"
#include "core/ops/slice.h"

namespace tandem::layers {

struct RecurrentLayer {
  const LayerDef& def;
  const OpDef& op;  // operands and results: core/ops/recurrent.h
  std::int64_t gates = 1;
  bool cell = false;       // states are h and c
  bool twoBiases = false;  // of x and of the recurrent term
  std::string_view bias = "zeros";
  Attrs attrs = {};  // of the op
};

inline std::vector<Property> recurrentProperties() {
  const auto names = initializerNames();
  return {
      {.key = "units",
       .label = "Units",
       .kind = PropertyKind::Integer,
       .fallback = std::int64_t{64},
       .tooltip = "Number of outputs per step and direction: the size of the state",
       .minimum = 1,
       .maximum = 16384},
      {.key = "output",
       .label = "Output",
       .kind = PropertyKind::Choice,
       .fallback = std::string("last"),
       .tooltip =
           "last: the state after the whole sequence, one vector per sample; all: the states of all steps",
       .choices = {"last", "all"}},
      {.key = "direction",
       .label = "Direction",
       .kind = PropertyKind::Choice,
       .fallback = std::string("forward"),
       .tooltip = "forward: from the first step to the last; backward: from the last to the first; both: two "
                  "networks, whose outputs are joined",
       .choices = {"forward", "backward", "both"}},
      {.key = "layers",
       .label = "Layers",
       .kind = PropertyKind::Integer,
       .fallback = std::int64_t{1},
       .tooltip = "Number of stacked layers: each reads the states of all steps of the one before it",
       .minimum = 1,
       .maximum = 8},
      {.key = "dropout",
       .label = "Dropout",
       .kind = PropertyKind::Number,
       .fallback = 0.0,
       .tooltip = "Share of values that are dropped between stacked layers during training",
       .minimum = 0,
       .maximum = 0.99,
       .zeroText = "off"},
      {.key = "states",
       .label = "States as outputs",
       .kind = PropertyKind::Boolean,
       .fallback = std::int64_t{0},
       .tooltip = "Adds outputs for the last states, for example as the initial states of a decoder"},
      biasProperty(),
      initializerProperty(),
      {.key = "recurrent_initializer",
       .label = "Recurrent initializer",
       .kind = PropertyKind::Choice,
       .fallback = std::string("orthogonal"),
       .tooltip =
           "Initial values of the recurrent kernel: orthogonal keeps the size of states and gradients over "
           "many steps",
       .choices = {names.begin(), names.end()}},
      l1Property(),
      l2Property(),
  };
}

inline std::vector<std::string> recurrentOutputs(const LayerDef& def, const Attrs& properties, bool cell) {
  if (integerOf(def.properties, properties, "states") == 0) return {std::string()};
  if (cell) return {"output", "state", "cell"};
  return {"output", "state"};
}

inline Status requireState(const LowerContext& context, ValueId state, std::string_view name,
                           std::int64_t features) {
  const Shape shape = context.shape(state);
  if (shape.rank() == 2 && shape[1] == features) return success();
  return invalid(fmt::format("needs {} values as its {}, but that input is {}", features, name,
                             sampleText(context, state)),
                 {}, "An initial state has units values for each layer and direction");
}

// Values [part * extent, (part + 1) * extent) of the last axis.
inline Result<ValueId> partOf(LowerContext& context, ValueId value, std::int64_t part, std::int64_t extent) {
  if (context.shape(value)[-1] == extent) return value;
  return context.op(ops::slice, {{"axis", std::int64_t{-1}}, {"begin", part * extent}, {"extent", extent}},
                    {value});
}

inline Result<ValueId> joined(LowerContext& context, const std::vector<ValueId>& values) {
  if (values.size() == 1) return values[0];
  return context.op(ops::concat, {{"axis", std::int64_t{-1}}}, values);
}

// A row of the weight (2, width) as a vector.
inline Result<ValueId> biasRow(LowerContext& context, ValueId biases, std::int64_t row) {
  const std::int64_t width = context.shape(biases)[1];
  TANDEM_ASSIGN(
      const ValueId one,
      context.op(ops::slice, {{"axis", std::int64_t{0}}, {"begin", row}, {"extent", std::int64_t{1}}},
                 {biases}));
  return context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{}}, {"rows", width}}, {one});
}

// One direction of one layer: the results of the op. prefix: of the names of its weights.
inline Result<std::vector<ValueId>> lowerDirection(LowerContext& context, const RecurrentLayer& layer,
                                                   const Attrs& properties, const std::string& prefix,
                                                   bool reverse, ValueId sequence, ValueId lengths,
                                                   ValueId h0, ValueId c0) {
  const Shape given = context.shape(sequence);
  const std::int64_t features = given[2], units = integerOf(layer.def.properties, properties, "units"),
                     width = layer.gates * units;
  TANDEM_TRY(LowerContext::checkSize(Shape{features, width}));
  TANDEM_TRY(LowerContext::checkSize(Shape{units, width}));
  const ValueId kernel =
      context.parameter(prefix + "kernel", Shape{features, width},
                        textOf(layer.def.properties, properties, "initializer"), features, width, true);
  penalizeKernel(context, layer.def, properties);
  const ValueId recurrent = context.parameter(
      prefix + "recurrent_kernel", Shape{units, width},
      textOf(layer.def.properties, properties, "recurrent_initializer"), units, width, true);
  ValueId bias = kNoValue, recurrentBias = kNoValue;
  if (integerOf(layer.def.properties, properties, "use_bias") != 0) {
    const Shape shape = layer.twoBiases ? Shape{2, width} : Shape{width};
    bias = context.parameter(prefix + "bias", shape, layer.bias, 0, 0, false);
    if (layer.twoBiases) {  // before the product, with which the first one may be fused
      TANDEM_ASSIGN(recurrentBias, biasRow(context, bias, 1));
      TANDEM_ASSIGN(bias, biasRow(context, bias, 0));
    }
  }
  TANDEM_ASSIGN(ValueId x,
                context.op(ops::reshape,
                           {{"shape", std::vector<std::int64_t>{features}}, {"rows", given[0] * given[1]}},
                           {sequence}));
  TANDEM_ASSIGN(x, context.op(ops::matmul, {}, {x, kernel}));
  if (bias != kNoValue) {
    TANDEM_ASSIGN(x, context.op(ops::bias_add, {}, {x, bias}));
  }
  TANDEM_ASSIGN(
      x, context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{given[1], width}}, {"rows", given[0]}},
                    {x}));
  std::vector<ValueId> operands{x, recurrent, lengths, h0};
  if (layer.cell) operands.push_back(c0);
  if (layer.twoBiases) operands.push_back(recurrentBias);
  Attrs attrs = layer.attrs;
  attrs.set("reverse", std::int64_t{reverse});
  attrs.set("saves", std::int64_t{context.training()});
  return context.opMany(layer.op, std::move(attrs), std::move(operands));
}

inline Result<std::vector<ValueId>> lowerRecurrent(LowerContext& context, const RecurrentLayer& layer,
                                                   const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireSequence(context, inputs[0]));
  const Properties known = layer.def.properties;
  const std::int64_t units = integerOf(known, properties, "units"),
                     stacked = integerOf(known, properties, "layers");
  const std::string direction = textOf(known, properties, "direction");
  const std::int64_t directions = direction == "both" ? 2 : 1;
  const double rate = numberOf(known, properties, "dropout");
  const bool all = textOf(known, properties, "output") == "all";
  for (std::size_t i = 1; i < inputs.size(); ++i)
    TANDEM_TRY(requireState(context, inputs[i], i == 1 ? "initial state" : "initial cell state",
                            stacked * directions * units));
  const ValueId lengths = context.lengths(inputs[0]);

  ValueId sequence = inputs[0], output = kNoValue;
  std::vector<ValueId> states, cells;
  for (std::int64_t k = 0; k < stacked; ++k) {
    if (k > 0 && context.training() && rate > 0) {
      // Each has a separate stream, beside those of other layers.
      const ops::DropoutAttrs attrs{static_cast<float>(rate), context.seed,
                                    static_cast<std::uint64_t>(context.layerIndex() + (k << 24))};
      TANDEM_ASSIGN(sequence, context.op(ops::dropout, attrs.attrs(), {sequence, context.stepBlock()}));
    }
    std::vector<ValueId> sequences, last;
    for (std::int64_t d = 0; d < directions; ++d) {
      const bool reverse = d == 1 || direction == "backward";
      const std::int64_t part = k * directions + d;
      ValueId h0 = kNoValue, c0 = kNoValue;
      if (inputs.size() > 1) {
        TANDEM_ASSIGN(h0, partOf(context, inputs[1], part, units));
      }
      if (inputs.size() > 2) {
        TANDEM_ASSIGN(c0, partOf(context, inputs[2], part, units));
      }
      const std::string prefix =
          (stacked > 1 ? fmt::format("layer_{}_", k + 1) : std::string()) + (directions == 1 ? ""
                                                                             : reverse       ? "backward_"
                                                                                             : "forward_");
      TANDEM_ASSIGN(const std::vector<ValueId> results,
                    lowerDirection(context, layer, properties, prefix, reverse, sequence, lengths, h0, c0));
      sequences.push_back(results[0]);
      last.push_back(results[1]);
      states.push_back(results[1]);
      if (layer.cell) cells.push_back(results[2]);
    }
    if (k + 1 == stacked && !all) {
      TANDEM_ASSIGN(output, joined(context, last));
    } else {
      TANDEM_ASSIGN(sequence, joined(context, sequences));
    }
  }
  if (all) {
    output = sequence;
    context.setLengths(output, lengths);
  }
  std::vector<ValueId> outputs{output};
  if (integerOf(known, properties, "states") == 0) return outputs;
  TANDEM_ASSIGN(const ValueId state, joined(context, states));
  outputs.push_back(state);
  if (layer.cell) {
    TANDEM_ASSIGN(const ValueId cell, joined(context, cells));
    outputs.push_back(cell);
  }
  return outputs;
}

}  // namespace tandem::layers
