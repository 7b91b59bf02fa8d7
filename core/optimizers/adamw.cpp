#include "core/ops/adam_update.h"
#include "core/optimizers/common.h"

namespace tandem::optimizers {

extern const OptimizerDef adamw;

const OptimizerDef adamw = {
    .type = "adamw",
    .label = "AdamW",
    .summary = "Adam with a weight decay that does not pass through its scaling (Loshchilov & Hutter, 2019).",
    .names = {.keras = "AdamW", .pytorch = "AdamW"},
    .properties = {learningRate(1e-3), beta1(), beta2(), epsilon(), decoupledWeightDecay()},
    .op = &ops::adam_update,
    .fixed = {{"decoupled", std::int64_t{1}}},
    .stateValues = [](const Attrs&) { return 2; },
    .correctsBias = true,
};

}  // namespace tandem::optimizers
