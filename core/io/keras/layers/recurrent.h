// What the codecs of recurrent layers share. A layer of Tandem becomes one layer of Keras for each of its stacked ones,
// wrapped in a Bidirectional if it has two directions.
#pragma once

#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

// settings: those that not all recurrent layers have.
Status writeRecurrent(Describer& describer, const Layer& layer, const Json& settings);

// A layer of this type from the configuration of its class; `config` reads that of `layer`, which may be wrapped in
// another one. The properties already hold the direction.
Status readRecurrent(Converter& converter, std::string_view type, KerasLayer& layer, ConfigReader& config,
                     Attrs properties);
// Of the classes themselves.
Status readDirection(Converter& converter, KerasLayer& layer, ConfigReader& config);

}  // namespace tandem::keras::codecs
