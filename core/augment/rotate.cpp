#include <cmath>
#include <numbers>

#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef rotate;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  const double angle = random.uniform(-strength, strength) * std::numbers::pi / 180;
  const double c = std::cos(angle), s = std::sin(angle);
  change.map.then({.yy = c, .yx = -s, .xy = s, .xx = c});
}

}  // namespace

const AugmentDef rotate = {
    .type = "rotate",
    .label = "Rotate",
    .summary = "Rotates images about their center by a random angle; the pixels at the border are repeated.",
    .properties = {numberProperty("angle", "Angle", 10, {0, 180},
                                  "The greatest angle in degrees, in both directions")},
    .kind = AugmentKind::Geometry,
    .id = 4,
    .draw = draw,
};

}  // namespace tandem::augmentations
