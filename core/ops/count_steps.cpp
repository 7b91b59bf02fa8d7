#include "core/ops/count_steps.h"

#include "core/ops/rules.h"
#include "core/ops/steps.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(requireStepBlock(in[1]));
  if (in[0].dtype != DType::I32 || in[0].shape.rank() != 1) return invalid("needs one length per sample");
  if (attrs.integer("steps", 0) < 1) return invalid("needs the number of steps");
  return std::vector<TensorType>{{DType::F32, Shape{1}}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::int64_t samples = in[0].type.shape[0];
  const std::vector<std::int64_t> valid = stepsOfSamples(in, 0, samples, attrs.integer("steps", 0));
  const std::int64_t rows = validRows(stepOf(in[1]).data(), samples);
  std::int64_t sum = 0;
  for (std::int64_t n = 0; n < rows; ++n) sum += valid[at(n)];
  out[0].data[0] = static_cast<double>(sum);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(1, in, out);
}

std::vector<Sample> samples() {
  const auto of = [](const char* name, std::int64_t count, std::int64_t steps, std::int64_t valid) {
    Sample sample{.name = name, .attrs = {{"steps", steps}}};
    sample.inputs = {lengthsOperand(count, steps), step(valid)};
    sample.gradientCheck = false;
    return sample;
  };
  return {of("all", 7, 5, 7), of("incomplete", 37, 9, 20), of("one", 1, 3, 1), of("many", 3001, 12, 2999)};
}

}  // namespace

const OpDef count_steps = {
    .name = "count_steps",
    .summary = "y = the steps of the valid samples",
    .operands = {"lengths", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "whole numbers"},
};

}  // namespace tandem::ops
