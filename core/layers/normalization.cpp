#include <algorithm>
#include <cmath>
#include <vector>

#include "core/layers/layer.h"
#include "core/ops/affine.h"

namespace tandem::layers {

extern const LayerDef normalization;

namespace {

constexpr double kSmallest = 1e-7;  // of a standard deviation, as in Keras

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  std::vector<double> mean = numbersOf(normalization.properties, properties, "mean");
  std::vector<double> variance = numbersOf(normalization.properties, properties, "variance");
  if (mean.empty() || variance.empty())
    return invalid("has no mean or no variance", {}, "State one number, or one for each channel");
  const std::size_t count = std::max(mean.size(), variance.size());
  for (std::vector<double>* list : {&mean, &variance})
    if (list->size() == 1) list->resize(count, list->front());
  if (mean.size() != variance.size())
    return invalid("has " + std::to_string(mean.size()) + " means, but " + std::to_string(variance.size()) +
                       " variances",
                   {}, "State one of each, or one for each channel");
  std::vector<double> scale, offset;
  for (std::size_t c = 0; c < count; ++c) {
    scale.push_back(1 / std::max(std::sqrt(variance[c]), kSmallest));
    offset.push_back(-mean[c] * scale.back());
  }
  return context.op(ops::affine, {{"scale", std::move(scale)}, {"offset", std::move(offset)}}, {inputs[0]});
}

}  // namespace

const LayerDef normalization = {
    .type = "normalization",
    .label = "Normalization by constants",
    .category = "Normalization",
    .summary =
        "Subtracts a given mean and divides by a given standard deviation, which training does not change. The data is "
        "already normalized when it enters the network.",
    .names = {.keras = "Normalization"},
    .properties = {{.key = "mean",
                    .label = "Mean",
                    .kind = PropertyKind::Numbers,
                    .fallback = std::vector<double>{0},
                    .tooltip = "One number, or one for each channel",
                    .minimum = -1e30,
                    .maximum = 1e30},
                   {.key = "variance",
                    .label = "Variance",
                    .kind = PropertyKind::Numbers,
                    .fallback = std::vector<double>{1},
                    .tooltip = "The square of the standard deviation: one number, or one for each channel",
                    .minimum = 0,
                    .maximum = 1e30}},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = (x - mean) / max(sqrt(variance), 10^-7)",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {3, 5}}},
                         .properties = {{"mean", std::vector<double>{1, 5}},
                                        {"variance", std::vector<double>{4}}},
                         .outputs = {{{2}, {1, 0}}}}},
};

}  // namespace tandem::layers
