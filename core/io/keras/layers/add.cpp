#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec add;
const Codec add = {.type = "add", .write = writeNamed, .classes = {{"Add"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
