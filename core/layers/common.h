// Properties and lowering steps shared by several layers.
#pragma once

#include "core/layers/initializers.h"
#include "core/layers/layer.h"
#include "core/ops/activation.h"
#include "core/ops/bias_add.h"
#include "core/ops/reshape.h"

namespace tandem::layers {

inline Property activationProperty() {
  return {.key = "activation",
          .label = "Activation",
          .kind = PropertyKind::Choice,
          .fallback = std::string("none"),
          .tooltip = "Function applied to each output; leaky_relu has slope 0.01, elu has alpha 1",
          .choices = {"none", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus",
                      "relu6", "hard_sigmoid", "hard_swish", "mish"}};
}

inline Property biasProperty() {
  return {.key = "use_bias",
          .label = "Bias",
          .kind = PropertyKind::Boolean,
          .fallback = std::int64_t{1},
          .tooltip = "Adds a trained offset to each output; not needed before batch normalization"};
}

inline Property initializerProperty() {
  const auto names = initializerNames();
  return {.key = "initializer",
          .label = "Initializer",
          .kind = PropertyKind::Choice,
          .fallback = std::string("glorot_uniform"),
          .tooltip =
              "Initial kernel values: Glorot suits sigmoid and tanh, He suits ReLU, LeCun suits linear units",
          .choices = {names.begin(), names.end()}};
}

inline Property penaltyProperty(std::string_view key, std::string_view label, std::string_view tooltip) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Number,
          .fallback = 0.0,
          .tooltip = tooltip,
          .minimum = 0,
          .maximum = 1000};
}
inline Property l1Property() {
  return penaltyProperty("l1", "L1",
                         "Penalty on the absolute values of the kernel, in addition to that of the training");
}
inline Property l2Property() {
  return penaltyProperty("l2", "L2",
                         "Penalty on the squares of the kernel, in addition to that of the training");
}

// Applies them to the kernel, the last parameter of the layer so far.
inline void penalizeKernel(LowerContext& context, const LayerDef& def, const Attrs& properties) {
  context.penalize(numberOf(def.properties, properties, "l1"), numberOf(def.properties, properties, "l2"));
}

// Properties of a window that slides over an image: shared by convolution and pooling.
inline Property pairProperty(std::string_view key, std::string_view label, std::int64_t fallback,
                             std::string_view tooltip, double maximum) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Pair,
          .fallback = std::vector<std::int64_t>{fallback, fallback},
          .tooltip = tooltip,
          .minimum = 1,
          .maximum = maximum,
          .unit = "px"};
}

inline Property filtersProperty() {
  return {.key = "filters",
          .label = "Filters",
          .kind = PropertyKind::Integer,
          .fallback = std::int64_t{32},
          .tooltip = "Number of filters: the channels of the output",
          .minimum = 1,
          .maximum = 65536};
}

// The padding of layers that have no pads.
inline Property borderProperty(std::string_view tooltip, std::vector<std::string_view> choices,
                               std::string_view fallback) {
  return {.key = "padding",
          .label = "Padding",
          .kind = PropertyKind::Choice,
          .fallback = std::string(fallback),
          .tooltip = tooltip,
          .choices = std::move(choices)};
}

inline Property paddingProperty(std::string_view fallback) {
  return {.key = "padding",
          .label = "Padding",
          .kind = PropertyKind::Choice,
          .fallback = std::string(fallback),
          .tooltip =
              "valid: none, the image shrinks; same: the output has ceil(input / stride) pixels; "
              "explicit: the pads below",
          .choices = {"valid", "same", "explicit"}};
}

// A number for each side of an image: top, bottom, left, right.
inline Property sidesProperty(std::string_view key, std::string_view label, std::string_view tooltip,
                              std::vector<std::int64_t> fallback) {
  return {.key = key,
          .label = label,
          .kind = PropertyKind::Integers,
          .fallback = std::move(fallback),
          .tooltip = tooltip,
          .minimum = 0,
          .maximum = 1024,
          .unit = "px"};
}

inline Result<std::vector<std::int64_t>> sidesOf(const LayerDef& def, const Attrs& properties,
                                                 std::string_view key) {
  std::vector<std::int64_t> sides = integersOf(def.properties, properties, key);
  if (sides.size() == 4) return sides;
  return invalid(std::string(findProperty(def.properties, key)->label) +
                 " must be 4 numbers (top, bottom, left, right), not " + std::to_string(sides.size()));
}

inline Property padsProperty() {
  Property pads = sidesProperty(
      "pads", "Pads", "Pixels added at top, bottom, left, right when padding is explicit", {0, 0, 0, 0});
  pads.enabledIfKey = "padding";
  pads.enabledIfValue = "explicit";
  return pads;
}

// The attributes "padding" and, when it is explicit, "pads" of the windowed ops (ops/window.h).
inline Status setPadding(const LayerDef& def, const Attrs& properties, Attrs& attrs) {
  const std::string padding = textOf(def.properties, properties, "padding");
  attrs.set("padding", padding);
  if (padding != "explicit") return success();
  TANDEM_ASSIGN(auto pads, sidesOf(def, properties, "pads"));
  attrs.set("pads", std::move(pads));
  return success();
}

// "28 x 28 x 1", the shape of one sample, for messages: the user did not choose the batch size here.
inline std::string sampleText(const LowerContext& context, ValueId value) {
  return context.shape(value).withoutFirst().text();
}

inline Status requireImage(const LowerContext& context, ValueId input) {
  if (context.shape(input).rank() == 4) return success();
  return invalid("needs an image (height, width, channels), but its input is " + sampleText(context, input),
                 {}, "Place it before flatten, dense and global pooling layers");
}

// (N, ...) -> (N, product of the rest)
inline Result<ValueId> flattened(LowerContext& context, ValueId input) {
  if (context.shape(input).rank() == 2) return input;
  const std::int64_t features = context.shape(input).withoutFirst().elements();
  return context.op(ops::reshape, {{"shape", std::vector<std::int64_t>{features}}}, {input});
}

// alpha: slope of leaky_relu, scale of elu; other functions have none.
inline Result<ValueId> activated(LowerContext& context, const std::string& function, double alpha,
                                 ValueId x) {
  const auto kind = activationFromName(function);
  TANDEM_CHECK(kind, function);
  const bool scaled = kind == ActivationKind::LeakyRelu || kind == ActivationKind::Elu;
  return context.op(ops::activation, ops::ActivationAttrs{*kind, scaled ? alpha : 0}.attrs(), {x});
}

// y = act(x + bias), each part only if enabled.
inline Result<ValueId> biasAndActivation(LowerContext& context, const LayerDef& def, const Attrs& properties,
                                         ValueId y) {
  if (integerOf(def.properties, properties, "use_bias") != 0) {
    const ValueId bias = context.parameter("bias", Shape{context.shape(y)[-1]}, "zeros", 0, 0, false);
    TANDEM_ASSIGN(y, context.op(ops::bias_add, {}, {y, bias}));
  }
  const std::string activation = textOf(def.properties, properties, "activation");
  if (activation == "none") return y;
  return activated(context, activation, activation == "elu" ? 1.0 : 0.01, y);
}

}  // namespace tandem::layers
