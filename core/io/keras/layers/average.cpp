#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec average;
const Codec average = {.type = "average", .write = writeNamed, .classes = {{"Average"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
