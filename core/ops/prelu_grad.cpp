#include "core/ops/prelu_grad.h"

#include <algorithm>

#include "core/ops/prelu.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = PreluGradIn;
using Out = PreluGradOut;

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_TRY(requireSameShape(in[In::kDy], in[In::kX]));
  TANDEM_TRY(prelu.infer(attrs, in.subspan(1)));
  return std::vector{in[In::kDy], in[In::kAlpha]};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::size_t c = in[In::kAlpha].data.size();
  std::ranges::fill(out[Out::kDalpha].data, 0.0);
  for (std::size_t i = 0; i < in[In::kDy].data.size(); ++i) {
    const double dy = in[In::kDy].data[i], x = in[In::kX].data[i];
    out[Out::kDx].data[i] = x > 0 ? dy : in[In::kAlpha].data[i % c] * dy;
    out[Out::kDalpha].data[i % c] += x > 0 ? 0 : dy * x;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(3, in, out);
}

std::vector<Sample> samples() {
  std::vector<Sample> list = prelu.samples();
  for (Sample& s : list) {
    s.inputs.insert(s.inputs.begin(), s.inputs.front());
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef prelu_grad = {
    .name = "prelu_grad",
    .summary = "dx, dalpha of prelu",
    .operands = {"dy", "x", "alpha"},
    .results = {"dx", "dalpha"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {In::kDy, In::kX}, .why = "slopes and their gradients in fp32"},
};

}  // namespace tandem::ops
