#include "core/ops/softmax_cross_entropy_grad.h"

#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(CrossEntropyAttrs::from(attrs));
  TANDEM_CHECK(in[In::kPrediction].shape.rank() == 2, "probabilities are a matrix");
  TANDEM_TRY(requireLabels(in[In::kTarget], in[In::kPrediction].shape[0]));
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, Shape{in[In::kPrediction].shape[0]}));
  return std::vector{in[In::kPrediction]};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const CrossEntropyRule<double> rule(*CrossEntropyAttrs::from(attrs));
  const std::int64_t n = in[In::kPrediction].type.shape[0], c = in[In::kPrediction].type.shape[1];
  const std::vector<float> block = stepOf(in[In::kStep]);
  const std::int64_t valid = validRows(block.data(), n);
  for (std::int64_t r = 0; r < n; ++r) {
    const double* p = &in[In::kPrediction].data[at(r * c)];
    const double label = in[In::kTarget].data[at(r)];
    const bool inside = label >= 0 && label < static_cast<double>(c);
    const double weight = inside ? rule.weight(p[static_cast<std::int64_t>(label)]) : 1.0;
    const double own = hasOperand(in, In::kWeights) ? in[In::kWeights].data[at(r)] : 1.0;
    const double scale = own * weight * block[kStepLossScale] / static_cast<double>(valid);
    for (std::int64_t j = 0; j < c; ++j) {
      const double target = rule.target(label == static_cast<double>(j), static_cast<double>(c));
      out[0].data[at(r * c + j)] = r < valid ? (p[j] - target) * scale : 0.0;
    }
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](std::string name, std::int64_t n, std::int64_t c, std::int64_t valid,
                     bool perf = false) {
    return Sample{.name = std::move(name),
                  .inputs = {f32({n, c}, Fill::Unit), labels(n, c), step(valid)},
                  .perf = perf};
  };
  Sample outside = of("label_out_of_range", 4, 3, 4);
  outside.inputs[In::kTarget].bound = 1000;
  Sample smooth = of("smoothed", 5, 8, 4), focal = of("focal", 5, 7, 4);
  smooth.attrs = {{"label_smoothing", 0.1}};
  focal.attrs = {{"gamma", 1.5}};
  const auto weighted = [](Sample sample) {
    sample.name += "_weighted";
    sample.inputs.push_back(weights({sample.inputs[In::kPrediction].type.shape[0]}));
    return sample;
  };
  return {of("odd", 5, 7, 5),
          weighted(of("odd", 5, 7, 4)),
          weighted(of("even", 6, 8, 6)),
          weighted(smooth),
          weighted(focal),
          weighted(outside),
          of("padded", 6, 10, 4),
          of("one_class", 3, 1, 3),
          of("ten_classes", 512, 10, 512, true),
          of("thousand_classes", 256, 1000, 250, true),
          outside,
          smooth,
          focal};
}

}  // namespace

const OpDef softmax_cross_entropy_grad = {
    .name = "softmax_cross_entropy_grad",
    .summary = "dx = weight w (p - target) lossScale / validRows",
    .operands = {"probabilities", "labels", "step", "weights"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kWeights},
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
