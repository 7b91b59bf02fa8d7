#include "core/ops/rmsprop_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef rmsprop;

const OptimizerDef rmsprop = {
    .type = "rmsprop",
    .label = "RMSprop",
    .summary = "Divides each gradient by the root of its running mean square (Hinton, 2012).",
    .names = {.keras = "RMSprop", .pytorch = "RMSprop"},
    .properties = {learningRate(1e-3), rho(0.9), momentum(0.0), epsilon(), weightDecay()},
    .op = &ops::rmsprop_update,
    .stateValues = [](const Attrs& p) { return numberOf(rmsprop.properties, p, "momentum") > 0 ? 2 : 1; },
};

}  // namespace tandem::optimizers
