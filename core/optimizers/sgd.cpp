#include "core/ops/sgd_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef sgd;

const OptimizerDef sgd = {
    .type = "sgd",
    .label = "SGD",
    .summary = "Stochastic gradient descent: steps against the gradient, with momentum.",
    .names = {.keras = "SGD", .pytorch = "SGD"},
    .properties = {learningRate(1e-2),
                   momentum(0.9),
                   {.key = "nesterov",
                    .label = "Nesterov",
                    .kind = PropertyKind::Boolean,
                    .fallback = std::int64_t{0},
                    .tooltip = "Evaluate the gradient after the momentum step"},
                   weightDecay()},
    .op = &ops::sgd_update,
    .stateValues = [](const Attrs& p) { return numberOf(sgd.properties, p, "momentum") > 0 ? 1 : 0; },
};

}  // namespace tandem::optimizers
