#include <cmath>

#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef shift;

namespace {

void draw(double strength, SampleRandom& random, ImageSize size, SampleChange& change) {
  const double y = random.uniform(-strength, strength), x = random.uniform(-strength, strength);
  change.map.then({.y0 = std::round(y * static_cast<double>(size.height)),
                   .x0 = std::round(x * static_cast<double>(size.width))});
}

}  // namespace

const AugmentDef shift = {
    .type = "shift",
    .label = "Shift",
    .summary =
        "Moves images by whole pixels up to a share of their size; the pixels at the border are repeated.",
    .properties = {numberProperty("amount", "Amount", 0.1, {0, 1},
                                  "The greatest distance, as a share of the image's height or width")},
    .kind = AugmentKind::Geometry,
    .id = 2,
    .draw = draw,
};

}  // namespace tandem::augmentations
