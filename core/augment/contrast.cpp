#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef contrast;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  change.contrast = random.uniform(1 - strength, 1 + strength);
}

}  // namespace

const AugmentDef contrast = {
    .type = "contrast",
    .label = "Contrast",
    .summary = "Multiplies the difference of the pixels from the mean of their image by a random factor.",
    .properties = {numberProperty("amount", "Amount", 0.2, {0, 1},
                                  "The greatest change: with 0.2, the factor is 0.8 to 1.2")},
    .kind = AugmentKind::Pixels,
    .id = 6,
    .draw = draw,
};

}  // namespace tandem::augmentations
