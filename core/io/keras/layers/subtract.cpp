#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec subtract;
const Codec subtract = {
    .type = "subtract", .write = writeNamed, .classes = {{"Subtract"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
