#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec max_pool2d;
const Codec max_pool2d = {
    .type = "max_pool2d", .write = writePool2d, .classes = {{"MaxPooling2D"}}, .read = readPool2d};

}  // namespace tandem::keras::codecs
