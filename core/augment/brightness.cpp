#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef brightness;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  change.brightness = random.uniform(-strength, strength);
}

}  // namespace

const AugmentDef brightness = {
    .type = "brightness",
    .label = "Brightness",
    .summary = "Adds a random number to all pixels of an image.",
    .properties = {numberProperty(
        "amount", "Amount", 0.2, {0, 1},
        "The greatest change, as a share of the range of levels; of images that are "
        "not levels, in standard deviations")},
    .kind = AugmentKind::Pixels,
    .id = 7,
    .draw = draw,
};

}  // namespace tandem::augmentations
