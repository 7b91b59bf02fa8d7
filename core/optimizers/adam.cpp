#include "core/ops/adam_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef adam;

const OptimizerDef adam = {
    .type = "adam",
    .label = "Adam",
    .summary = "Scales each step by the running mean and variance of the gradients (Kingma & Ba, 2015).",
    .names = {.keras = "Adam", .pytorch = "Adam"},
    .properties = {learningRate(1e-3), beta1(), beta2(), epsilon(), weightDecay()},
    .op = &ops::adam_update,
    .stateValues = [](const Attrs&) { return 2; },
    .correctsBias = true,
};

}  // namespace tandem::optimizers
