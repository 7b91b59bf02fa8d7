#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef time_shift;

namespace {

void draw(double strength, SampleRandom& random, ImageSize, SampleChange& change) {
  change.later = random.upTo(static_cast<std::int64_t>(strength));
}

}  // namespace

const AugmentDef time_shift = {
    .type = "time_shift",
    .label = "Time shift",
    .summary = "Moves sequences of numbers in time; the first or last step is repeated.",
    .properties = {integerProperty("steps", "Steps", 3, {0, 100'000},
                                   "The greatest distance, in both directions")},
    .kind = AugmentKind::Steps,
    .id = 10,
    .draw = draw,
};

}  // namespace tandem::augmentations
