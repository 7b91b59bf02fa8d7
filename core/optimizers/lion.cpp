#include "core/ops/lion_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef lion;

const OptimizerDef lion = {
    .type = "lion",
    .label = "Lion",
    .summary = "Moves each weight by the learning rate in the direction of its momentum (Chen et al., 2023).",
    .names = {.keras = "Lion"},
    .properties = {learningRate(1e-4),
                   numberProperty(
                       "beta1", "Beta 1", 0.9, kDecayRateRange,
                       "Weight of the momentum in the direction of the step; the rest is the gradient"),
                   numberProperty("beta2", "Beta 2", 0.99, kDecayRateRange, "Decay rate of the momentum"),
                   decoupledWeightDecay()},
    .op = &ops::lion_update,
    .stateValues = [](const Attrs&) { return 1; },
};

}  // namespace tandem::optimizers
