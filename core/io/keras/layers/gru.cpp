#include "core/io/keras/layers/recurrent.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeRecurrent(describer, layer,
                        {{"activation", "tanh"}, {"recurrent_activation", "sigmoid"}, {"reset_after", true}});
}

}  // namespace

extern const Codec gru;
const Codec gru = {.type = "gru", .write = write, .classes = {{"GRU", true, true}}, .read = readDirection};

}  // namespace tandem::keras::codecs
