#include "core/augment/augment.h"

namespace tandem::augmentations {

extern const AugmentDef word_dropout;

namespace {

void draw(double strength, SampleRandom&, ImageSize, SampleChange& change) {
  change.dropped = strength;
}

}  // namespace

const AugmentDef word_dropout = {
    .type = "word_dropout",
    .label = "Word dropout",
    .summary = "Replaces random tokens of texts by <unknown>; the targets remain as they are.",
    .properties = {numberProperty("rate", "Rate", 0.1, {0, 1}, "The probability of each token")},
    .kind = AugmentKind::Tokens,
    .id = 11,
    .draw = draw,
};

}  // namespace tandem::augmentations
