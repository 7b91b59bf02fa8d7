#include "core/ops/pool_steps_grad.h"

#include <algorithm>
#include <array>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<Sequence> stepPoolingGradient(const Attrs& attrs, std::span<const TensorType> operands) {
  TANDEM_ASSIGN(const StepPooling mode, stepPooling(attrs));
  const Shape& dy = operands[2].shape;
  const std::int64_t steps = attrs.integer("steps", 0);
  if (dy.rank() != 2 || steps < 1) return invalid("needs dy (N, C) and the number of steps");
  const Sequence s{dy[0], steps, dy[1]};
  if (mode == StepPooling::Max &&
      (operands[0].shape != Shape{s.samples, s.steps, s.width} || operands[1].shape != dy))
    return invalid("the gradient of a maximum needs x and y");
  TANDEM_TRY(requireLengths(operands, 3, s.samples));
  return s;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const Sequence s, stepPoolingGradient(attrs, in));
  return std::vector<TensorType>{{in[2].dtype, Shape{s.samples, s.steps, s.width}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const StepPooling mode = *stepPooling(attrs);
  const Sequence s = Sequence::of(out[0].type.shape);
  const std::vector<std::int64_t> valid = stepsOfSamples(in, 3, s.samples, s.steps);
  std::vector<double>& dx = out[0].data;
  std::ranges::fill(dx, 0.0);
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t c = 0; c < s.width; ++c) {
      const std::int64_t steps = valid[at(n)];
      const auto place = [&](std::int64_t step) { return at((n * s.steps + step) * s.width + c); };
      const double dy = in[2].data[at(n * s.width + c)];
      if (mode == StepPooling::Last) dx[place(steps - 1)] = dy;
      for (std::int64_t step = 0; step < steps && mode != StepPooling::Last; ++step) {
        if (mode == StepPooling::Mean) {
          dx[place(step)] = dy / static_cast<double>(steps);
        } else if (in[0].data[place(step)] >= in[1].data[at(n * s.width + c)]) {
          dx[place(step)] = dy;
          break;
        }
      }
    }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

// The samples of pool_steps. Here y is independent of x, so that sequences without any x >= y also occur.
std::vector<Sample> samples() {
  std::vector<Sample> list = pool_steps.samples();
  for (Sample& s : list) {
    const Shape x = s.inputs[0].type.shape, y{x[0], x[2]};
    s.attrs.set("steps", x[1]);
    std::vector<SampleInput> inputs{f32(x), f32(y), f32(y)};
    inputs[0].absent = inputs[1].absent = *stepPooling(s.attrs) != StepPooling::Max;
    if (s.inputs.size() > 1) inputs.push_back(s.inputs[1]);
    s.inputs = std::move(inputs);
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef pool_steps_grad = {
    .name = "pool_steps_grad",
    .summary = "dx of pool_steps from x, y and dy",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {0, 1, 3},
    .half = {.inputs = {0, 1, 2}},
};

}  // namespace tandem::ops
