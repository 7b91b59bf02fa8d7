#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef scale;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  const double step = 1 / random.uniform(1 - strength, 1 + strength);
  change.map.then({.yy = step, .xx = step});
}

}  // namespace

const AugmentDef scale = {
    .type = "scale",
    .label = "Scale",
    .summary =
        "Enlarges or reduces images about their center by a random factor; the pixels at the border are repeated.",
    .properties = {numberProperty("amount", "Amount", 0.1, {0, 0.9},
                                  "The greatest change: with 0.1, the size is multiplied by 0.9 to 1.1")},
    .kind = AugmentKind::Geometry,
    .id = 5,
    .draw = draw,
};

}  // namespace tandem::augmentations
