#include "core/ops/channel_dropout.h"

#include "core/ops/rules.h"

namespace tandem::ops {

ChannelView ChannelView::of(const Shape& shape) {
  ChannelView view{shape[0], 1, shape[-1]};
  for (int axis = 1; axis + 1 < shape.rank(); ++axis) view.positions *= shape[axis];
  return view;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(DropoutAttrs::from(attrs));
  TANDEM_TRY(requireStepBlock(in[1]));
  if (in[0].shape.rank() < 2) return invalid("needs a batch and channels");
  return std::vector{in[0]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const ValueId dx,
                c.program.append1(channel_dropout, c.node.attrs, {c.outputGrads[0], c.input(1)}));
  return std::vector<ValueId>{dx, kNoValue};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const DropoutAttrs a = *DropoutAttrs::from(attrs);
  const std::uint64_t step = stepNumber(stepOf(in[1]).data());
  const ChannelView view = ChannelView::of(in[0].type.shape);
  const std::int64_t perSample = view.positions * view.channels;
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const std::int64_t element = index / perSample * view.channels + index % view.channels;
    const bool kept = channelDropoutKeeps(a, step, static_cast<std::uint64_t>(element));
    out[0].data[i] = kept ? in[0].data[i] / (1.0 - static_cast<double>(a.rate)) : 0.0;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, DropoutAttrs a, Shape shape, bool perf = false) {
    return dropoutSample(std::move(name), a.attrs(), shape, perf);
  };
  return {of("sequence", {0.5f, 7, 3}, {3, 5, 7}),    of("image", {0.25f, 1, 1000}, {2, 3, 3, 67}),
          of("vectors", {0.5f, 7, 3}, {5, 6}),        of("rate_0", {0.0f, 7, 3}, {3, 2, 3}),
          of("one_element", {0.3f, 1, 0}, {1, 1, 1}), of("large", {0.25f, 7, 3}, {32, 32, 32, 64}, true)};
}

}  // namespace

const OpDef channel_dropout = {
    .name = "channel_dropout",
    .summary = "y = x mask / (1 - rate), with a mask for each sample and channel",
    .operands = {"x", "step"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
