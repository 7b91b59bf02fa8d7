#include "core/ops/pool_steps.h"

#include <cmath>

#include "core/ops/pool_steps_grad.h"
#include "core/ops/rules.h"
#include "core/ops/steps.h"

namespace tandem::ops {

Result<StepPooling> stepPooling(const Attrs& attrs) {
  const std::string mode = attrs.text("mode", "mean");
  if (mode == "mean") return StepPooling::Mean;
  if (mode == "max") return StepPooling::Max;
  if (mode == "last") return StepPooling::Last;
  return invalid("unknown pooling mode '" + mode + "'", {}, "Use mean, max or last");
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(stepPooling(attrs));
  TANDEM_TRY(requireSteps(in, 0, 1));
  const Shape& x = in[0].shape;
  if (x.rank() != 3)
    return invalid("needs a sequence (steps, features), but its input is " + x.withoutFirst().text());
  return std::vector<TensorType>{{in[0].dtype, Shape{x[0], x[2]}}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const StepPooling mode, stepPooling(c.node.attrs));
  Attrs attrs = c.node.attrs;
  attrs.set("steps", c.program.type(c.input(0)).shape[1]);
  // Only the maximum needs x and y, which need not be stored otherwise.
  const bool max = mode == StepPooling::Max;
  std::vector<ValueId> operands{max ? c.input(0) : kNoValue, max ? c.output(0) : kNoValue, c.outputGrads[0]};
  std::vector<ValueId> gradients(c.node.inputs.size(), kNoValue);
  if (gradients.size() > 1) operands.push_back(c.input(1));
  TANDEM_ASSIGN(gradients[0], c.program.append1(pool_steps_grad, std::move(attrs), std::move(operands)));
  return gradients;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const StepPooling mode = *stepPooling(attrs);
  const Sequence s = Sequence::of(in[0].type.shape);
  const std::vector<std::int64_t> valid = stepsOfSamples(in, 1, s.samples, s.steps);
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t c = 0; c < s.width; ++c) {
      const std::int64_t steps = valid[at(n)];
      double sum = 0, most = -INFINITY, v = 0;
      for (std::int64_t step = 0; step < steps; ++step) {
        v = in[0].data[at((n * s.steps + step) * s.width + c)];
        sum += v;
        if (v > most || v != v) most = v;  // no value is greater than NaN
      }
      out[0].data[at(n * s.width + c)] = mode == StepPooling::Mean  ? sum / static_cast<double>(steps)
                                         : mode == StepPooling::Max ? most
                                                                    : v;
    }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops = static_cast<double>(in[0].shape.elements());
  return total;
}

std::vector<Sample> samples() {
  std::vector<Sample> list;
  for (const char* mode : {"mean", "max", "last"}) {
    const auto add = [&](const char* name, Shape x, bool varies) {
      Sample sample{.name = std::string(mode) + "_" + name, .attrs = {{"mode", std::string(mode)}}};
      sample.inputs = {f32(x, Fill::Distinct)};  // finite differences must not cross a tie
      if (varies) sample.inputs.push_back(lengthsOperand(x[0], x[1]));
      sample.perf = x.elements() > 100000;
      sample.gradientCheck = x.elements() <= 300;
      list.push_back(std::move(sample));
    };
    add("odd", {5, 7, 3}, true);
    add("vectors", {4, 6, 8}, true);
    add("all_steps", {3, 9, 5}, false);
    add("one_step", {3, 1, 5}, true);
    add("channels_67", {9, 5, 67}, true);
    add("one_channel", {7, 11, 1}, true);
    add("large", {64, 200, 64}, true);
    add("large_all_steps", {64, 200, 64}, false);
  }
  return list;
}

}  // namespace

const OpDef pool_steps = {
    .name = "pool_steps",
    .summary = "y = mean, maximum or last of the steps of each sequence",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {1},
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
