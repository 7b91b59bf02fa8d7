#include "core/ops/softmax_cross_entropy.h"

#include "core/objectives/class_weights.h"

namespace tandem::objectives {

extern const LossDef softmax_cross_entropy;

const LossDef softmax_cross_entropy = {
    .type = "softmax_cross_entropy",
    .label = "Softmax cross-entropy",
    .summary = "For one of several classes: minus the logarithm of the probability of the correct class.",
    .names = {.keras = "CategoricalCrossentropy / SparseCategoricalCrossentropy",
              .pytorch = "CrossEntropyLoss"},
    .properties = withClassWeights(
        {numberProperty("label_smoothing", "Label smoothing", 0.0, {0, 0.99},
                        "Share of the target that is spread over all classes, against overconfidence; "
                        "0.1 is typical")}),
    .target = TargetKind::Classes,
    .op = &ops::softmax_cross_entropy,
    .activation = "softmax",
};

}  // namespace tandem::objectives
