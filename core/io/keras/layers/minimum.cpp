#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec minimum;
const Codec minimum = {.type = "minimum", .write = writeNamed, .classes = {{"Minimum"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
