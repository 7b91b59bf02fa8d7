#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

constexpr std::string_view kParts[] = {"query", "key", "value"};

Status write(Describer& describer, const Layer& layer) {
  if (text(layer, "positions") == "rotary")
    return Error{ErrorCode::Unsupported, "uses rotary positions, which Keras lacks", layer.name,
                 "Set its positions to none and train again"};
  const std::int64_t heads = integer(layer, "heads"), ofKeys = integer(layer, "kv_heads");
  if (ofKeys != 0 && ofKeys != heads)
    return Error{ErrorCode::Unsupported,
                 "shares key heads among several heads, which Keras' MultiHeadAttention lacks", layer.name,
                 "Set its key heads to auto and train again"};
  const std::int64_t units = describer.inputShape(layer)[-1],
                     size = integer(layer, "head_size") != 0 ? integer(layer, "head_size") : units / heads;
  const bool bias = integer(layer, "use_bias") != 0, causal = integer(layer, "causal") != 0;
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["num_heads"] = heads;
  keras.config["key_dim"] = size;
  keras.config["value_dim"] = size;
  keras.config["dropout"] = 0.0;
  keras.config["use_bias"] = bias;
  keras.config["attention_axes"] = Json::array({1});
  keras.config["kernel_initializer"] = text(layer, "initializer");
  writePenalties(layer, "kernel", keras.config);
  for (const std::string_view part : kParts) {
    const std::string name(part);
    Weight& kernel = describer.addWeight(layer, name + "/kernel", keras);
    kernel.shape = {kernel.shape[0], heads, size};
    if (bias) describer.addWeight(layer, name + "/bias", keras).shape = {heads, size};
  }
  describer.addWeight(layer, "output/kernel", keras).shape = {heads, size, units};
  if (bias) describer.addWeight(layer, "output/bias", keras);
  keras.arguments = Json::object();
  if (causal) keras.arguments["use_causal_mask"] = true;
  for (const Source& input : layer.inputs) keras.shapes.push_back(describer.shapeOf(input));
  if (keras.shapes.size() == 1) keras.shapes.push_back(keras.shapes[0]);  // a sequence that attends to itself
  return success();
}

// (features, heads, size), of the output (heads, size, features).
Status checkKernels(const KerasLayer& layer, std::size_t step, std::int64_t heads, std::int64_t size) {
  for (std::size_t part = 0; part < 4; ++part) {
    const Weight& kernel = layer.weights[part * step];
    const int first = part < 3 ? 1 : 0;
    if (kernel.shape.rank() != 3 || kernel.shape[first] != heads || kernel.shape[first + 1] != size)
      return misfit(kernel, layer.name);
  }
  const Weight &query = layer.weights[0], &output = layer.weights[3 * step];
  if (output.shape[2] == query.shape[0]) return success();
  return Error{ErrorCode::Unsupported,
               "has an output of another size than the query (output_shape), which Tandem does not support",
               layer.name, "Use a dense layer for it, and save the model again"};
}

// Tandem leaves out a key that is the value, and a value that is the query.
void joinInputs(KerasLayer& layer) {
  auto& inputs = layer.inputs;
  if (inputs.size() == 3 && inputs[2] == inputs[1]) inputs.pop_back();
  if (inputs.size() == 2 && inputs[1] == inputs[0]) inputs.pop_back();
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  const std::int64_t heads = config.integer("num_heads"), size = config.integer("key_dim");
  const bool bias = config.boolean("use_bias", true);
  const auto axes = layer.config.find("attention_axes");
  const bool steps = axes == layer.config.end() || axes->is_null() || *axes == 1 || *axes == Json::array({1});
  config.require(steps, "attends along other axes than the steps (attention_axes)");
  config.require(config.integer("value_dim", size) == size,
                 "has values of another size than its keys (value_dim), which Tandem does not support");
  config.require(!config.boolean("use_gate", false), "has a gate (use_gate), which Tandem does not support");
  config.require(config.integer("sliding_window", 0) == 0,
                 "attends to a window of steps (sliding_window), which Tandem does not support");
  if (config.number("dropout", 0) > 0)
    converter.note("has dropout, which Tandem does not apply inside of attention when it is trained further");
  TANDEM_TRY(config.status());
  if (layer.inputs.size() < 2)
    return invalid("is called without a value", layer.name, "The file is damaged; save the model again");
  joinInputs(layer);
  const std::size_t step = bias ? 2 : 1;
  TANDEM_TRY(Converter::requireWeights(layer, 4 * step));
  TANDEM_TRY(checkKernels(layer, step, heads, size));
  const std::int64_t units = layer.weights[0].shape[0];
  Attrs properties{{"heads", heads},
                   {"head_size", heads * size == units ? std::int64_t{0} : size},
                   {"causal", std::int64_t{layer.arguments.contains("use_causal_mask")}},
                   {"use_bias", std::int64_t{bias}},
                   {"initializer", config.initializer("kernel_initializer")}};
  config.setPenalties("kernel_regularizer", properties);
  converter.append("attention", std::move(properties));
  for (std::size_t part = 0; part < 4; ++part) {
    const std::string name(part < 3 ? kParts[part] : "output");
    Weight kernel = std::move(layer.weights[part * step]);
    kernel.shape = part < 3 ? Shape{kernel.shape[0], heads * size} : Shape{heads * size, kernel.shape[2]};
    converter.addWeight(name + "/kernel", std::move(kernel));
    if (!bias) continue;
    Weight shift = std::move(layer.weights[part * step + 1]);
    if (part < 3) shift.shape = Shape{shift.shape.elements()};
    converter.addWeight(name + "/bias", std::move(shift));
  }
  return success();
}

}  // namespace

extern const Codec attention;
const Codec attention = {
    .type = "attention",
    .write = write,
    .classes = {{"MultiHeadAttention", true, true, {"query", "value", "key"}, "use_causal_mask"}},
    .read = read};

}  // namespace tandem::keras::codecs
