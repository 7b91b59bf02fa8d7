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
    .summary =
        "Where samples enter the network: images (height, width, channels), feature vectors, sequences (steps, "
        "features), or tokens such as words (steps).",
    .names = {.keras = "InputLayer"},
    .properties = {{.key = "shape",
                    .label = "Shape",
                    .kind = PropertyKind::Integers,
                    .fallback = std::vector<std::int64_t>{28, 28, 1},
                    .tooltip = "Shape of one sample: height, width, channels for images (28, 28, 1), the "
                               "number of features (2), or steps, features for sequences (100, 3)",
                    .minimum = 1,
                    .maximum = 1048576},
                   {.key = "values",
                    .label = "Values",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("numbers"),
                    .tooltip =
                        "tokens: the numbers of words or characters in a vocabulary, one for each step, "
                        "which an embedding layer reads",
                    .choices = {"numbers", "tokens"}},
                   {.key = "varies",
                    .label = "Varying length",
                    .kind = PropertyKind::Boolean,
                    .fallback = std::int64_t{0},
                    .tooltip = "Samples may be shorter than the first dimension; what follows the end of a "
                               "sample has no influence"}},
    .minInputs = 0,
    .maxInputs = 0,
    .readsTokens = true,
    .lower = lower,
    .help = {.formula = "y = a sample", .shapes = "that of the property Shape"},
};

}  // namespace tandem::layers
