#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef crop;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  const auto padding = static_cast<std::int64_t>(strength);
  const auto y = static_cast<double>(random.upTo(padding)), x = static_cast<double>(random.upTo(padding));
  change.map.then({.y0 = y, .x0 = x});
}

}  // namespace

const AugmentDef crop = {
    .type = "crop",
    .label = "Crop",
    .summary =
        "Extends images by repeating the pixels at the border, and crops them to their size at a random position.",
    .properties = {integerProperty("padding", "Padding", 4, {0, 8192},
                                   "Pixels that are added on each side before")},
    .kind = AugmentKind::Geometry,
    .id = 3,
    .draw = draw,
};

}  // namespace tandem::augmentations
