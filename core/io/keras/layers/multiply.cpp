#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec multiply;
const Codec multiply = {
    .type = "multiply", .write = writeNamed, .classes = {{"Multiply"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
