#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec flatten;
const Codec flatten = {.type = "flatten", .write = writeImage, .classes = {{"Flatten"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
