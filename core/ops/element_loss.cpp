#include "core/ops/element_loss.h"

#include "core/ops/element_loss_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(ElementLossAttrs::from(attrs));
  if (in[In::kPrediction].shape != in[In::kTarget].shape || in[In::kPrediction].shape.rank() < 1)
    return invalid("the output is " + in[In::kPrediction].shape.text() + ", but the targets are " +
                       in[In::kTarget].shape.text(),
                   {}, "The last layer needs as many units as the data has targets");
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, in[In::kPrediction].shape));
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_CHECK(c.outputGrads[0] == kNoValue, "a loss must be the last op");
  std::vector<ValueId> gradients(c.node.inputs.size(), kNoValue);
  TANDEM_ASSIGN(gradients[In::kPrediction],
                c.program.append1(element_loss_grad, c.node.attrs, c.node.inputs));
  return gradients;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const ElementLossAttrs a = *ElementLossAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[In::kPrediction].type.shape);
  const std::int64_t count = validRows(stepOf(in[In::kStep]).data(), shape.rows) * shape.columns;
  const double sum = withElementLoss(a.kind, [&]<class Loss>() {
    double total = 0;
    for (std::int64_t i = 0; i < count; ++i)
      total += (hasOperand(in, In::kWeights) ? in[In::kWeights].data[at(i)] : 1.0) *
               Loss::template value<StandardMath>(in[In::kPrediction].data[at(i)],
                                                  in[In::kTarget].data[at(i)], a.parameters.data());
    return total;
  });
  out[0].data[0] = count > 0 ? sum / static_cast<double>(count) : 0.0;
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops =
      ElementLossAttrs::from(attrs)->info().flops * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const LossInfo* info : ElementLossAttrs::kInfos) {
    const Attrs attrs = sampleAttrs(*info);
    const auto add = [&](const std::string& name, Shape shape, std::int64_t valid, bool perf = false) {
      SampleInput target = f32(shape);
      if (info->classes) target = {{DType::F32, shape}, Fill::Labels, 2};
      all.push_back({.name = std::string(info->type) + "_" + name,
                     .attrs = attrs,
                     .inputs = {f32(shape), target, step(valid)},
                     .perf = perf,
                     .gradientCheck = !perf});
    };
    add("odd", {5, 3}, 5);
    add("weighted", {5, 3}, 4);
    all.back().inputs.push_back(weights({5, 3}));
    add("padded", {7, 1}, 4);
    add("one", {1, 1}, 1);
    add("large", {1024, 784}, 1000, true);
  }
  return all;
}

}  // namespace

const OpDef element_loss = {
    .name = "element_loss",
    .summary = "loss = mean(l(x, t)) over the valid rows",
    .operands = {"prediction", "target", "step", "weights"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kWeights},
    .loss = true,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
