#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

// Not layers of Tandem's networks but the normalization of the data (input_scaling.h), so nothing is appended.
Status read(Converter&, KerasLayer&, ConfigReader& config) {
  return config.status();
}

}  // namespace

extern const Codec scaling;
const Codec scaling = {.classes = {{"Rescaling"}, {"Normalization", true}}, .read = read};

}  // namespace tandem::keras::codecs
