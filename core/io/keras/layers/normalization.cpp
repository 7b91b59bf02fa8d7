#include "core/io/keras/layers/scaled.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeScaling(describer, layer, {"mean", "variance"}, true);
}

Status read(Converter& converter, KerasLayer& layer, ConfigReader& config) {
  if (converter.scalesData(layer)) return config.status();
  config.require(!config.boolean("invert", false), "is inverted, which Tandem does not support");
  TANDEM_TRY(readScaling(converter, layer, config, {"mean", "variance"}));
  const auto axis = layer.config.find("axis");
  const bool all = axis != layer.config.end() && axis->is_array() && axis->empty();
  if (!all) converter.requireLastAxis(layer, config, "normalizes");
  return config.status();
}

}  // namespace

extern const Codec normalization;
const Codec normalization = {
    .type = "normalization", .write = write, .classes = {{"Normalization", true}}, .read = read};

}  // namespace tandem::keras::codecs
