#include "core/io/keras/layers/recurrent.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeRecurrent(
      describer, layer,
      {{"activation", "tanh"}, {"recurrent_activation", "sigmoid"}, {"unit_forget_bias", true}});
}

}  // namespace

extern const Codec lstm;
const Codec lstm = {.type = "lstm", .write = write, .classes = {{"LSTM", true, true}}, .read = readDirection};

}  // namespace tandem::keras::codecs
