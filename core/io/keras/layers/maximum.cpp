#include "core/io/keras/layers/common.h"

namespace tandem::keras::codecs {

extern const Codec maximum;
const Codec maximum = {.type = "maximum", .write = writeNamed, .classes = {{"Maximum"}}, .read = readNamed};

}  // namespace tandem::keras::codecs
