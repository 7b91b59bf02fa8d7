#include "core/ops/prelu_grad.h"

#include <algorithm>

#include "core/ops/prelu.h"
#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(prelu.infer(attrs, in.subspan(1)));
  return std::vector{in[0], in[2]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::size_t c = in[2].data.size();
  std::ranges::fill(out[1].data, 0.0);
  for (std::size_t i = 0; i < in[0].data.size(); ++i) {
    const double dy = in[0].data[i], x = in[1].data[i];
    out[0].data[i] = x > 0 ? dy : in[2].data[i % c] * dy;
    out[1].data[i % c] += x > 0 ? 0 : dy * x;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(3, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list = prelu.samples();
  for (Sample& s : list) {
    s.inputs.insert(s.inputs.begin(), s.inputs[0]);
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef prelu_grad = {
    .name = "prelu_grad",
    .summary = "dx, dalpha of prelu",
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0, 1}, .why = "slopes and their gradients in fp32"},
};

}  // namespace tandem::ops
