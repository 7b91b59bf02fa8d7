#include "core/io/keras/layers/recurrent.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  return writeRecurrent(describer, layer, {{"activation", text(layer, "activation")}});
}

}  // namespace

extern const Codec simple_rnn;
const Codec simple_rnn = {
    .type = "simple_rnn", .write = write, .classes = {{"SimpleRNN", true, true}}, .read = readDirection};

}  // namespace tandem::keras::codecs
