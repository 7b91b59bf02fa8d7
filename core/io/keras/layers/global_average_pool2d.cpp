#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec global_average_pool2d;
const Codec global_average_pool2d = {.type = "global_average_pool2d",
                                     .write = writeImage,
                                     .classes = {{"GlobalAveragePooling2D"}},
                                     .read = readGlobalPool};

}  // namespace tandem::keras::codecs
