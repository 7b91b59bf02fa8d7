#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  const auto axis = [&](const char* key, std::size_t input) -> std::int64_t {
    const std::int64_t chosen = integer(layer, key);
    return chosen == 0 ? describer.shapeOf(layer.inputs.at(input)).rank() : chosen;
  };
  KerasLayer& keras = appendNamed(describer, layer);
  keras.config["axes"] = Integers{axis("first_axis", 0), axis("second_axis", 1)};
  keras.config["normalize"] = false;
  return success();
}

// Keras counts dimensions from the batch, 0, and the last one is -1.
Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  config.require(!config.boolean("normalize", false),
                 "normalizes its inputs, which Tandem does not support in a dot product");
  const auto axes = layer.config.find("axes");
  const bool known = axes != layer.config.end();
  const bool both = known && axes->is_array() && axes->size() == 2;
  const auto of = [&](std::size_t input) -> std::int64_t {
    const Json& axis = !known ? layer.config : both ? (*axes)[input] : *axes;
    const bool valid = axis.is_number_integer() && axis >= -1 && axis <= 2 && axis != 0;
    config.require(valid, "sums over other dimensions than those of vectors and sequences");
    return valid ? std::max(axis.get<std::int64_t>(), std::int64_t{0}) : 0;
  };
  const std::int64_t first = of(0), second = of(1);
  converter.append("dot", {{"first_axis", first}, {"second_axis", second}});
  return config.status();
}

}  // namespace

extern const Codec dot;
const Codec dot = {.type = "dot", .write = write, .classes = {{"Dot"}}, .read = read};

}  // namespace tandem::keras::codecs
