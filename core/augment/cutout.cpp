#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef cutout;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  change.holeY = random.uniform();
  change.holeX = random.uniform();
  change.hole = strength;
}

}  // namespace

const AugmentDef cutout = {
    .type = "cutout",
    .label = "Cutout",
    .summary =
        "Replaces a square at a random position by the mean of the training set (DeVries & Taylor, 2017).",
    .properties = {numberProperty(
        "size", "Size", 0.3, {0, 1},
        "The side of the square, as a share of the image's height and width; without "
        "normalization, it is black")},
    .kind = AugmentKind::Pixels,
    .id = 9,
    .draw = draw,
};

}  // namespace tandem::augmentations
