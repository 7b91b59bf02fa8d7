#include "core/layers/common.h"
#include "core/ops/matmul.h"

namespace tandem::layers {

extern const LayerDef dense;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  if (context.shape(inputs[0]).rank() != 2)
    return invalid(
        "needs a flat input (one vector per sample), but its input is " + sampleText(context, inputs[0]), {},
        "Insert a flatten or global pooling layer before it");
  const std::int64_t in = context.shape(inputs[0])[1], out = integerOf(dense.properties, properties, "units");
  TANDEM_TRY(LowerContext::checkSize(Shape{in, out}));
  const ValueId kernel = context.parameter(
      "kernel", Shape{in, out}, textOf(dense.properties, properties, "initializer"), in, out, true);
  penalizeKernel(context, dense, properties);
  TANDEM_ASSIGN(const ValueId y, context.op(ops::matmul, {}, {inputs[0], kernel}));
  return biasAndActivation(context, dense, properties, y);
}

}  // namespace

const LayerDef dense = {
    .type = "dense",
    .label = "Dense",
    .category = "Core",
    .summary = "Fully connected: every output is a weighted sum of all inputs.",
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
    .lower = lower,
};

}  // namespace tandem::layers
