#include "core/layers/common.h"
#include "core/ops/pool2d.h"

namespace tandem::layers {

extern const LayerDef global_max_pool2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs&, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  TANDEM_ASSIGN(
      const ValueId y,
      context.op(ops::pool2d, {{"mode", std::string("max")}, {"global", std::int64_t{1}}}, {inputs[0]}));
  return flattened(context, y);  // (N, 1, 1, C) -> (N, C)
}

}  // namespace

const LayerDef global_max_pool2d = {
    .type = "global_max_pool2d",
    .label = "Global max pooling 2D",
    .category = "Pooling",
    .summary = "One number per channel: the largest value in the whole image.",
    .lower = lower,
    .keras = "GlobalMaxPooling2D",
};

}  // namespace tandem::layers
