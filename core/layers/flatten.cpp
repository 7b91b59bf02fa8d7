#include "core/layers/common.h"

namespace tandem::layers {

extern const LayerDef flatten;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  return flattened(context, inputs[0]);
}

}  // namespace

const LayerDef flatten = {
    .type = "flatten",
    .label = "Flatten",
    .category = "Core",
    .summary = "Reshapes an image to a vector, for dense layers.",
    .names = {.keras = "Flatten", .pytorch = "Flatten"},
    .lower = lower,
};

}  // namespace tandem::layers
