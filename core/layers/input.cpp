#include "core/layers/layer.h"

namespace tandem::layers {

extern const LayerDef input;

namespace {

Result<ValueId> lower(LowerContext&, const Attrs&, std::span<const ValueId> inputs) {
  return inputs[0];
}

}  // namespace

const LayerDef input = {
    .type = "input",
    .label = "Input",
    .category = "Core",
    .summary = "Where samples enter the network: images (height, width, channels) or feature vectors.",
    .names = {.keras = "InputLayer"},
    .properties = {{.key = "shape",
                    .label = "Shape",
                    .kind = PropertyKind::Integers,
                    .fallback = std::vector<std::int64_t>{28, 28, 1},
                    .tooltip = "Shape of one sample: height, width, channels for images (28, 28, 1), or the "
                               "number of features (2)",
                    .minimum = 1,
                    .maximum = 1048576}},
    .minInputs = 0,
    .maxInputs = 0,
    .lower = lower,
};

}  // namespace tandem::layers
