#include "core/ops/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/rules.h"
#include "core/ops/softmax_cross_entropy_grad.h"

namespace tandem::ops {

using In = LossIn;
using Out = CrossEntropyOut;

Result<CrossEntropyAttrs> CrossEntropyAttrs::from(const Attrs& attrs) {
  const CrossEntropyAttrs a{attrs.number("label_smoothing", 0), attrs.number("gamma", 0)};
  if (!(a.smoothing >= 0 && a.smoothing < 1)) return invalid("label smoothing must be from 0 to below 1");
  if (!(a.gamma >= 0 && a.gamma <= 20)) return invalid("gamma of the focal loss must be from 0 to 20");
  if (a.smoothing > 0 && a.gamma > 0) return invalid("the focal loss has no label smoothing");
  return a;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(CrossEntropyAttrs::from(attrs));
  const Shape& logits = in[In::kPrediction].shape;
  if (logits.rank() != 2)
    return invalid("needs one vector of logits per sample, but the output is " + logits.text(), {},
                   "End the network with a dense layer that has one unit per class");
  TANDEM_TRY(requireLabels(in[In::kTarget], logits[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, Shape{logits[0]}));
  return std::vector<TensorType>{{DType::F32, Shape{1}}, in[In::kPrediction]};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_CHECK(c.outputGrads[Out::kLoss] == kNoValue && c.outputGrads[Out::kProbabilities] == kNoValue,
               "a loss must be the last op");
  std::vector<ValueId> operands = c.node.inputs;
  operands[In::kPrediction] = c.output(Out::kProbabilities);
  TANDEM_ASSIGN(const ValueId dlogits, c.program.append1(softmax_cross_entropy_grad, c.node.attrs, operands));
  std::vector<ValueId> gradients(operands.size(), kNoValue);
  gradients[In::kPrediction] = dlogits;
  return gradients;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const CrossEntropyRule<double> rule(*CrossEntropyAttrs::from(attrs));
  const std::int64_t n = in[In::kPrediction].type.shape[0], c = in[In::kPrediction].type.shape[1];
  const std::int64_t valid = validRows(stepOf(in[In::kStep]).data(), n);
  double loss = 0;
  for (std::int64_t r = 0; r < n; ++r) {
    const double* x = &in[In::kPrediction].data[at(r * c)];
    double* p = &out[Out::kProbabilities].data[at(r * c)];
    const double highest = *std::max_element(x, x + c);
    double sum = 0, mean = 0;
    for (std::int64_t j = 0; j < c; ++j) sum += p[j] = std::exp(x[j] - highest);
    for (std::int64_t j = 0; j < c; ++j) mean += x[j] / static_cast<double>(c);
    for (std::int64_t j = 0; j < c; ++j) p[j] /= sum;
    if (r >= valid) continue;
    const double label = in[In::kTarget].data[at(r)];
    const bool inside = label >= 0 && label < static_cast<double>(c);
    const double all = highest + std::log(sum);  // log of the sum of exp(x)
    const double own = inside ? rule.loss(x[static_cast<std::int64_t>(label)] - all, mean - all)
                              : std::numeric_limits<double>::quiet_NaN();
    loss += hasOperand(in, In::kWeights) ? own * in[In::kWeights].data[at(r)] : own;
  }
  out[Out::kLoss].data[0] = valid > 0 ? loss / static_cast<double>(valid) : 0.0;
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = 20.0 * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, std::int64_t c, std::int64_t valid,
                     bool perf = false) {
    return Sample{.name = std::move(name),
                  .inputs = {f32({n, c}), labels(n, c), step(valid)},
                  .perf = perf,
                  .gradientCheck = !perf};
  };
  Sample outside = of("label_out_of_range", 4, 3, 4);
  outside.inputs[In::kTarget].bound = 1000;
  outside.gradientCheck = false;
  Sample smooth = of("smoothed", 5, 7, 4), focal = of("focal", 5, 7, 4);
  smooth.attrs = {{"label_smoothing", 0.1}};
  focal.attrs = {{"gamma", 1.5}};
  const auto weighted = [](Sample sample) {
    sample.name += "_weighted";
    sample.inputs.push_back(weights({sample.inputs[In::kPrediction].type.shape[0]}));
    return sample;
  };
  return {of("odd", 5, 7, 5),
          weighted(of("odd", 5, 7, 4)),
          weighted(smooth),
          weighted(focal),
          weighted(outside),
          weighted(of("ten_classes", 512, 10, 500)),
          of("padded", 6, 10, 4),
          of("one_row", 1, 3, 1),
          of("one_class", 3, 1, 3),
          of("ten_classes", 512, 10, 512, true),
          of("thousand_classes", 256, 1000, 250, true),
          outside,
          smooth,
          focal};
}

}  // namespace

const OpDef softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .summary = "loss = mean(l(log p)), p = softmax(x)",
    .operands = {"logits", "labels", "step", "weights"},
    .results = {"loss", "probabilities"},
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
