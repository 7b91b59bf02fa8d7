#include "core/ops/nadam_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef nadam;

const OptimizerDef nadam = {
    .type = "nadam",
    .label = "Nadam",
    .summary = "Adam with Nesterov momentum, which increases during the first steps (Dozat, 2016).",
    .names = {.keras = "Nadam", .pytorch = "NAdam"},
    .properties = {learningRate(2e-3), beta1(), beta2(), epsilon(),
                   numberProperty(
                       "momentum_decay", "Momentum decay", 0.004, kMomentumDecayRange,
                       "How fast the momentum rises from half of beta 1 to beta 1; at 0 it stays at half"),
                   weightDecay()},
    .op = &ops::nadam_update,
    .stateValues = [](const Attrs&) { return 2; },
    .correctsBias = true,
};

}  // namespace tandem::optimizers
