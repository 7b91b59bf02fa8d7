#include "core/layers/common.h"
#include "core/ops/matmul.h"

namespace tandem::layers {

extern const LayerDef dense;

namespace {

Attrs reshapeAttrs(std::vector<std::int64_t> row, std::int64_t rows) {
  return {{"shape", std::move(row)}, {"rows", rows}};
}

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  // Keras' Dense also acts on each pixel of an image. Here this is refused, since a missing flatten layer is more likely.
  const Shape given = context.shape(inputs[0]);
  if (given.rank() != 2 && given.rank() != 3)
    return invalid(
        "needs a flat input (one vector per sample), but its input is " + sampleText(context, inputs[0]), {},
        "Insert a flatten or global pooling layer before it");
  const std::int64_t in = given[-1], out = integerOf(dense.properties, properties, "units");
  TANDEM_TRY(LowerContext::checkSize(Shape{in, out}));
  const ValueId kernel = context.parameter(
      "kernel", Shape{in, out}, textOf(dense.properties, properties, "initializer"), in, out, true);
  penalizeKernel(context, dense, properties);
  ValueId x = inputs[0];
  if (given.rank() == 3) {
    TANDEM_ASSIGN(x, context.op(ops::reshape, reshapeAttrs({in}, given[0] * given[1]), {x}));
  }
  TANDEM_ASSIGN(ValueId y, context.op(ops::matmul, {}, {x, kernel}));
  TANDEM_ASSIGN(y, biasAndActivation(context, dense, properties, y));
  if (given.rank() == 2) return y;
  return context.op(ops::reshape, reshapeAttrs({given[1], out}, given[0]), {y});
}

}  // namespace

const LayerDef dense = {
    .type = "dense",
    .label = "Dense",
    .category = "Core",
    .summary =
        "Fully connected: every output is a weighted sum of all inputs; applied to each step of a sequence (steps, "
        "features) separately.",
    .names = {.keras = "Dense", .pytorch = "Linear"},
    .properties = {{.key = "units",
                    .label = "Units",
                    .kind = PropertyKind::Integer,
                    .fallback = std::int64_t{64},
                    .tooltip = "Number of outputs; for the last layer, the number of classes",
                    .minimum = 1,
                    .maximum = 1048576},
                   activationProperty(),
                   biasProperty(),
                   initializerProperty(),
                   l1Property(),
                   l2Property()},
    .keepsSteps = true,
    .activationKey = "activation",
    .lower = lower,
    .help = {.formula = "y = act(x kernel + bias)",
             .shapes = "(..., features) -> (..., units)",
             .example = {.inputs = {{{2}, {1, 2}}},
                         .properties = {{"units", std::int64_t{1}}},
                         .weights = {{"kernel", {3, 4}}, {"bias", {0.5}}},
                         .outputs = {{{1}, {11.5}}}}},
};

}  // namespace tandem::layers
