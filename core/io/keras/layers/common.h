// What the codecs of several layers share.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/io/keras/codec.h"
#include "core/io/keras/config.h"
#include "core/io/keras/convert.h"
#include "core/io/keras/describe.h"

namespace tandem::keras::codecs {

using Integers = std::vector<std::int64_t>;

// The properties of a layer.
std::int64_t integer(const Layer& layer, std::string_view key);
double number(const Layer& layer, std::string_view key);
std::string text(const Layer& layer, std::string_view key);
Integers integers(const Layer& layer, std::string_view key);

// Appends the layer of Keras that Tandem's description names.
KerasLayer& appendNamed(Describer& describer, const Layer& layer);
// Of layers without properties.
Status writeNamed(Describer& describer, const Layer& layer);
Status writeImage(Describer& describer, const Layer& layer);  // with data_format
Status readNamed(Converter& converter, KerasLayer& layer, ConfigReader& config);

// The properties and the bias that dense layers and convolutions share, of the layer appended last. kernel: "kernel" or
// "depthwise".
void finishActivated(Describer& describer, const Layer& layer, std::string_view kernel = "kernel");
// The same properties: use_bias, initializer, penalties.
Attrs activatedProperties(ConfigReader& config, bool bias, const std::string& kernel = "kernel");

// The setting for the properties l1 and l2, if they are used.
void writePenalties(const Layer& layer, std::string_view kernel, Json& config);

// Appends a ZeroPadding2D for explicit pads that are not 0.
void writePads(Describer& describer, const Layer& layer);
// The padding, with that of the layers ZeroPadding2D before, which are not converted themselves.
Status readPads(Converter& converter, const KerasLayer& layer, ConfigReader& config, Attrs& properties);

// (filters, positions) of a convolution, as Keras stores it: (positions, filters), with this shape.
void writeKernel(Weight& kernel, std::int64_t rows, Shape shape);
// Kernels with the channels last: (H, W, I, O), (W, I, O) of one dimension, which Tandem stores as images of one row, or
// transposed (H, W, O, I).
Status readKernel(Converter& converter, KerasLayer& layer, bool bias, int rank);
Error misfit(const Weight& weight, const std::string& layer);
Error strideAndDilation(const Layer& layer, const std::string& none);

Status writePool2d(Describer& describer, const Layer& layer);
Status readPool2d(Converter& converter, KerasLayer& layer, ConfigReader& config);
Status writePool1d(Describer& describer, const Layer& layer);
Status readPool1d(Converter& converter, KerasLayer& layer, ConfigReader& config);
Status readGlobalPool(Converter& converter, KerasLayer& layer, ConfigReader& config);

// gamma, and beta if `center`.
Status writeNorm(Describer& describer, const Layer& layer, std::string_view className, bool center);
// Scale and shift, which Keras leaves out if they are switched off; then those that follow.
Status readScaleAndShift(Converter& converter, KerasLayer& layer, bool scale, bool center,
                         std::initializer_list<std::string_view> more);
// center and scale of a norm that is no batch norm.
Status readNorm(Converter& converter, KerasLayer& layer, ConfigReader& config, std::string_view type,
                Attrs properties);

}  // namespace tandem::keras::codecs
