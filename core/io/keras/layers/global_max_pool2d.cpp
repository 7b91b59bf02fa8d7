#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec global_max_pool2d;
const Codec global_max_pool2d = {.type = "global_max_pool2d",
                                 .write = writeImage,
                                 .classes = {{"GlobalMaxPooling2D"}},
                                 .read = readGlobalPool};

}  // namespace tandem::keras::codecs
