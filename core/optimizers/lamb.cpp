#include "core/ops/lamb_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef lamb;

const OptimizerDef lamb = {
    .type = "lamb",
    .label = "LAMB",
    .summary =
        "Adam with a step size for each kernel or bias that is relative to its norm, for large batches (You et al., "
        "2020).",
    .names = {.keras = "Lamb"},
    .properties =
        {learningRate(1e-3), beta1(), beta2(), epsilon(),
         numberProperty(
             "weight_decay", "Weight decay", 0.0, kWeightDecayRange,
             "Pulls the weights towards zero: this value times the weight is added to its update before the "
             "update is rescaled")},
    .op = &ops::lamb_update,
    .byParameter = true,
    .stateValues = [](const Attrs&) { return 2; },
    .correctsBias = true,
};

}  // namespace tandem::optimizers
