#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef noise;

namespace {

void draw(double strength, SampleRandom&, ImageSize, SampleChange& change) {
  change.noise = strength;
}

}  // namespace

const AugmentDef noise = {
    .type = "noise",
    .label = "Noise",
    .summary = "Adds a normally distributed random number to each value of an image.",
    .properties = {numberProperty("amount", "Amount", 0.05, {0, 1},
                                  "The standard deviation, as a share of the range of levels; of images that "
                                  "are not levels, in standard deviations")},
    .kind = AugmentKind::Pixels,
    .id = 8,
    .draw = draw,
};

}  // namespace tandem::augmentations
