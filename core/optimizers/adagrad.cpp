#include "core/ops/adagrad_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef adagrad;

const OptimizerDef adagrad = {
    .type = "adagrad",
    .label = "Adagrad",
    .summary = "Divides each gradient by the root of the sum of all its squares so far (Duchi et al., 2011).",
    .names = {.keras = "Adagrad", .pytorch = "Adagrad"},
    .properties = {learningRate(1e-2),
                   numberProperty(
                       "initial_accumulator", "Initial accumulator", 0.0, kAccumulatorRange,
                       "The sum of squared gradients starts at this value, which shortens the first steps"),
                   epsilon(), weightDecay()},
    .op = &ops::adagrad_update,
    .stateValues = [](const Attrs&) { return 1; },
};

}  // namespace tandem::optimizers
