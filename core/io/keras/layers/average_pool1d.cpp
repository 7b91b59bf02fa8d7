#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec average_pool1d;
const Codec average_pool1d = {
    .type = "average_pool1d", .write = writePool1d, .classes = {{"AveragePooling1D"}}, .read = readPool1d};

}  // namespace tandem::keras::codecs
