#include "core/ops/adadelta_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef adadelta;

const OptimizerDef adadelta = {
    .type = "adadelta",
    .label = "Adadelta",
    .summary =
        "Scales each gradient by the ratio of the running mean squares of updates and gradients (Zeiler, 2012).",
    .names = {.keras = "Adadelta", .pytorch = "Adadelta"},
    .properties = {learningRate(1.0), rho(0.95), epsilon(1e-6), weightDecay()},
    .op = &ops::adadelta_update,
    .stateValues = [](const Attrs&) { return 2; },
};

}  // namespace tandem::optimizers
