// Layers of sequences, (steps, features), compute on images of one row: the same values in another shape, so that they
// need no ops of their own.
#pragma once

#include "core/layers/common.h"
#include "core/ops/pool2d.h"

namespace tandem::layers {

inline Status requireSequence(const LowerContext& context, ValueId input) {
  if (context.shape(input).rank() == 3) return success();
  return invalid("needs a sequence (steps, features), but its input is " + sampleText(context, input), {},
                 "Insert a reshape layer before it");
}

// (N, steps, features) -> (N, 1, steps, features)
inline Result<ValueId> rowOf(LowerContext& context, ValueId sequence) {
  TANDEM_TRY(requireSequence(context, sequence));
  const Shape shape = context.shape(sequence);
  return context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{1, shape[1], shape[2]}}}, {sequence});
}

// (N, 1, steps, features) -> (N, steps, features)
inline Result<ValueId> sequenceOf(LowerContext& context, ValueId row) {
  const Shape shape = context.shape(row);
  return context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{shape[2], shape[3]}}}, {row});
}

// what: "kernel" or "window". Without padding, it must not be longer than the sequence.
inline Status requireSteps(const LowerContext& context, ValueId sequence, const std::string& what,
                           std::int64_t size, std::int64_t dilation = 1) {
  TANDEM_TRY(requireSequence(context, sequence));
  const std::int64_t steps = context.shape(sequence)[1], extent = (size - 1) * dilation + 1;
  if (extent <= steps) return success();
  const std::string dilated = dilation > 1 ? ", dilated to " + std::to_string(extent) + "," : "";
  return invalid("the " + what + " of " + std::to_string(size) + " steps" + dilated +
                     " does not fit an input of " + std::to_string(steps) + (steps == 1 ? " step" : " steps"),
                 {}, "Use padding same or a smaller " + what);
}

inline Property stepsProperty(std::string_view key, std::string_view label, std::int64_t fallback,
                              std::string_view tooltip) {
  return integerProperty(key, label, fallback, {1, 1024}, tooltip);
}

// mode: "max" or "average". The layer has the properties of sequencePoolingProperties().
inline Result<ValueId> lowerSequencePooling(LowerContext& context, const LayerDef& def,
                                            const Attrs& properties, std::string_view mode, ValueId input) {
  const std::int64_t window = integerOf(def.properties, properties, "window"),
                     stride = integerOf(def.properties, properties, "stride");
  const std::string padding = textOf(def.properties, properties, "padding");
  if (padding == "valid") TANDEM_TRY(requireSteps(context, input, "window", window));
  TANDEM_ASSIGN(const ValueId row, rowOf(context, input));
  TANDEM_ASSIGN(const ValueId y, context.op(ops::pool2d,
                                            {{"mode", std::string(mode)},
                                             {"window", std::vector<std::int64_t>{1, window}},
                                             {"stride", std::vector<std::int64_t>{1, stride}},
                                             {"padding", padding}},
                                            {row}));
  return sequenceOf(context, y);
}

inline std::vector<Property> sequencePoolingProperties() {
  return {stepsProperty("window", "Window", 2, "Steps per window"),
          stepsProperty("stride", "Stride", 2, "Steps between windows; usually the window size"),
          borderProperty("valid: none, the sequence shrinks; same: the output has ceil(input / stride) steps",
                         {"valid", "same"}, "valid")};
}

// (N, steps, features) -> (N, features)
inline Result<ValueId> lowerGlobalSequencePooling(LowerContext& context, std::string_view mode,
                                                  ValueId input) {
  TANDEM_ASSIGN(const ValueId row, rowOf(context, input));
  TANDEM_ASSIGN(const ValueId y,
                context.op(ops::pool2d, {{"mode", std::string(mode)}, {"global", std::int64_t{1}}}, {row}));
  return flattened(context, y);  // from (N, 1, 1, features)
}

}  // namespace tandem::layers
