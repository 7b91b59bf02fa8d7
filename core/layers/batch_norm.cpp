#include "core/ops/batch_norm.h"
#include "core/layers/normalizing.h"
#include "core/ops/batch_norm_inference.h"

namespace tandem::layers {

extern const LayerDef batch_norm;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireOneLength(context, inputs[0]));
  const Shape channels{context.shape(inputs[0])[-1]};
  const ValueId gamma = context.parameter("gamma", channels, "ones", 0, 0, false);
  const ValueId beta = context.parameter("beta", channels, "zeros", 0, 0, false);
  const ValueId mean = context.state("moving_mean", channels, "zeros");
  const ValueId variance = context.state("moving_variance", channels, "ones");
  Attrs attrs{{"epsilon", numberOf(batch_norm.properties, properties, "epsilon")}};
  if (context.learns()) attrs.set("momentum", numberOf(batch_norm.properties, properties, "momentum"));
  return context.op(context.learns() ? ops::batch_norm : ops::batch_norm_inference, std::move(attrs),
                    {inputs[0], gamma, beta, mean, variance});
}

}  // namespace

const LayerDef batch_norm = {
    .type = "batch_norm",
    .label = "Batch normalization",
    .category = "Normalization",
    .summary =
        "Normalizes each channel to mean 0 and variance 1 over the batch; stabilizes training. "
        "Frozen, it uses its running statistics. PyTorch's momentum is 1 minus Tandem's.",
    .names = {.keras = "BatchNormalization", .pytorch = "BatchNorm1d / BatchNorm2d"},
    .properties = {{.key = "momentum",
                    .label = "Momentum",
                    .kind = PropertyKind::Number,
                    .fallback = 0.99,
                    .tooltip =
                        "Share of the running mean and variance retained in each step; used outside training",
                    .minimum = 0,
                    .maximum = 1},
                   epsilonProperty(1e-3)},
    .keepsShape = true,
    .lower = lower,
    .help = {.formula = "y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel\n"
                        "training: mean and variance of the batch; otherwise the running ones\n"
                        "running mean = momentum running mean + (1 - momentum) mean; variance likewise",
             .shapes = "any shape, unchanged",
             .example = {.inputs = {{{2}, {3, 5}}},
                         .weights = {{"moving_mean", {1, 5}}, {"moving_variance", {4, 1}}},
                         .outputs = {{{2}, {1, 0}}}}},
};

}  // namespace tandem::layers
