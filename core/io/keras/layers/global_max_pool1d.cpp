#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec global_max_pool1d;
const Codec global_max_pool1d = {.type = "global_max_pool1d",
                                 .write = writeImage,
                                 .classes = {{"GlobalMaxPooling1D"}},
                                 .read = readGlobalPool};

}  // namespace tandem::keras::codecs
