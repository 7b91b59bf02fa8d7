#include "core/objectives/class_weights.h"
#include "core/ops/softmax_cross_entropy.h"

namespace tandem::objectives {

extern const LossDef softmax_focal;

const LossDef softmax_focal = {
    .type = "softmax_focal",
    .label = "Softmax focal",
    .summary =
        "For several classes of very different size: cross-entropy in which samples that are already classified "
        "well count less (Lin et al., 2017).",
    .names = {.keras = "CategoricalFocalCrossentropy(alpha=1)"},
    .properties = withClassWeights(
        {numberProperty("gamma", "Gamma", 2.0, {0, 20}, "How much less; 0 is the plain cross-entropy")}),
    .target = TargetKind::Classes,
    .op = &ops::softmax_cross_entropy,
    .activation = "softmax",
};

}  // namespace tandem::objectives
