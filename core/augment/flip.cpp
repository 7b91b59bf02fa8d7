#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef flip;

namespace {

// 0: horizontal, 1: vertical, 2: both.
void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  const bool horizontal = random.uniform() < 0.5, vertical = random.uniform() < 0.5;
  change.map.then(
      {.yy = vertical && strength > 0 ? -1.0 : 1.0, .xx = horizontal && strength != 1 ? -1.0 : 1.0});
}

}  // namespace

const AugmentDef flip = {
    .type = "flip",
    .label = "Flip",
    .summary = "Mirrors half of the images, chosen at random; in both directions, each independently.",
    .properties = {{.key = "direction",
                    .label = "Direction",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("horizontal"),
                    .tooltip = "Horizontal: left and right are exchanged",
                    .choices = {"horizontal", "vertical", "both"}}},
    .kind = AugmentKind::Geometry,
    .id = 1,
    .draw = draw,
};

}  // namespace tandem::augmentations
