#include "core/io/keras/layers/depthwise.h"

namespace tandem::keras::codecs {
namespace {

// Read as a conv2d with groups (conv2d.cpp), which also pads explicitly.
Status write(Describer& describer, const Layer& layer) {
  TANDEM_TRY(writeDepthwise(describer, layer, "kernel"));
  finishActivated(describer, layer, "depthwise");
  return success();
}

}  // namespace

extern const Codec depthwise_conv2d;
const Codec depthwise_conv2d = {.type = "depthwise_conv2d", .write = write};

}  // namespace tandem::keras::codecs
