#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {
namespace {

Status write(Describer& describer, const Layer& layer) {
  TANDEM_TRY(writeNorm(describer, layer, "GroupNormalization", true));
  describer.last().config["groups"] = -1;  // one channel each
  return success();
}

}  // namespace

extern const Codec instance_norm;
const Codec instance_norm = {.type = "instance_norm", .write = write};

}  // namespace tandem::keras::codecs
