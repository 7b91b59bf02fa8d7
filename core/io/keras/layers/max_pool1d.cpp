#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec max_pool1d;
const Codec max_pool1d = {
    .type = "max_pool1d", .write = writePool1d, .classes = {{"MaxPooling1D"}}, .read = readPool1d};

}  // namespace tandem::keras::codecs
