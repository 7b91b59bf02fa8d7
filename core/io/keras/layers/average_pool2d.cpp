#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec average_pool2d;
const Codec average_pool2d = {
    .type = "average_pool2d", .write = writePool2d, .classes = {{"AveragePooling2D"}}, .read = readPool2d};

}  // namespace tandem::keras::codecs
