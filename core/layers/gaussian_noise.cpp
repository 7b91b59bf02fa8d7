#include "core/ops/gaussian_noise.h"
#include "core/layers/layer.h"

namespace tandem::layers {

extern const LayerDef gaussian_noise;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  const double deviation = numberOf(gaussian_noise.properties, properties, "deviation");
  if (!context.training() || deviation == 0) return inputs[0];
  const ops::GaussianNoiseAttrs attrs{deviation, context.seed,
                                      static_cast<std::uint64_t>(context.layerIndex())};
  return context.op(ops::gaussian_noise, attrs.attrs(), {inputs[0], context.stepBlock()});
}

}  // namespace

const LayerDef gaussian_noise = {
    .type = "gaussian_noise",
    .label = "Gaussian noise",
    .category = "Regularization",
    .summary =
        "Adds random numbers of mean 0 during training, so that the network does not depend on exact values; also for "
        "denoising auto-encoders.",
    .names = {.keras = "GaussianNoise"},
    .properties = {{.key = "deviation",
                    .label = "Standard deviation",
                    .kind = PropertyKind::Number,
                    .fallback = 0.1,
                    .tooltip = "Of the noise; the numbers of normalized data have a standard deviation of 1",
                    .minimum = 0,
                    .maximum = 1000}},
    .keepsSteps = true,
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "training: y = x + deviation n, with a standard normal number n for each value\n"
                        "otherwise: y = x",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {1, 2}}}, .outputs = {{{2}, {1, 2}}}}},
};

}  // namespace tandem::layers
