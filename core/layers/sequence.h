// Layers of sequences, (steps, features), compute on images of one row: the same values in another shape, so that they
// need no ops of their own.
#pragma once

#include "core/layers/common.h"
#include "core/ops/mask_steps.h"
#include "core/ops/pool2d.h"
#include "core/ops/pool_steps.h"
#include "core/ops/window_lengths.h"

namespace tandem::layers {

inline Status requireSequence(const LowerContext& context, ValueId input) {
  if (context.shape(input).rank() == 3) return success();
  return invalid("needs a sequence (steps, features), but its input is " + sampleText(context, input), {},
                 "Insert a reshape layer before it");
}

// The input, with 0 after the end of each sample if it is a sequence whose samples may end early, or with `after`, as in
// mask_steps.h.
inline Result<ValueId> masked(LowerContext& context, ValueId input, std::string_view after = "zero") {
  const ValueId lengths = context.lengths(input);
  if (lengths == kNoValue) return input;
  return context.op(ops::mask_steps, {{"after", std::string(after)}}, {input, lengths});
}

// The lengths, if there are any, of the result of windows of `extent` steps, `stride` apart: those that end in the sample.
// Branches with equal windows share them, so that they can be merged.
inline Result<ValueId> windowLengths(LowerContext& context, ValueId lengths, std::int64_t extent,
                                     std::int64_t stride) {
  if (lengths == kNoValue || (extent == 1 && stride == 1)) return lengths;
  return context.sharedOp(ops::window_lengths, {{"extent", extent}, {"stride", stride}}, {lengths});
}

// One vector per sample. mode: that of ops/pool_steps.h.
inline Result<ValueId> pooledSteps(LowerContext& context, std::string_view mode, ValueId input) {
  TANDEM_TRY(requireSequence(context, input));
  std::vector<ValueId> operands{input};
  if (context.lengths(input) != kNoValue) operands.push_back(context.lengths(input));
  return context.op(ops::pool_steps, {{"mode", std::string(mode)}}, std::move(operands));
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
  Attrs attrs{{"mode", std::string(mode)},
              {"window", std::vector<std::int64_t>{1, window}},
              {"stride", std::vector<std::int64_t>{1, stride}},
              {"padding", padding}};
  const bool max = mode == "max";
  TANDEM_ASSIGN(const ValueId x, masked(context, input, max ? "repeat" : "zero"));
  TANDEM_ASSIGN(const ValueId row, rowOf(context, x));
  ValueId lengths = context.lengths(input);
  if (lengths != kNoValue) {
    TANDEM_ASSIGN(const auto g, ops::Pool2dGeometry::from(attrs, context.shape(row)));
    // A maximum is not changed by steps after the end, but a mean would be.
    const std::int64_t extent = max && padding == "same" ? 1 : window - g.columns.before;
    TANDEM_ASSIGN(lengths, windowLengths(context, lengths, extent, stride));
  }
  TANDEM_ASSIGN(const ValueId y, context.op(ops::pool2d, std::move(attrs), {row}));
  TANDEM_ASSIGN(const ValueId result, sequenceOf(context, y));
  context.setLengths(result, lengths);
  return result;
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
  if (context.lengths(input) != kNoValue)
    return pooledSteps(context, mode == "average" ? "mean" : "max", input);
  TANDEM_ASSIGN(const ValueId row, rowOf(context, input));
  TANDEM_ASSIGN(const ValueId y,
                context.op(ops::pool2d, {{"mode", std::string(mode)}, {"global", std::int64_t{1}}}, {row}));
  return flattened(context, y);  // from (N, 1, 1, features)
}

}  // namespace tandem::layers
