#include "core/ops/row_loss_grad.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::RowLossGradIn;

template <class Rule>
struct Gradient {
  ops::LossRows rows;
  const float *factors, *step, *weights;  // weights: nullptr: all 1
  __device__ void operator()(const float* in, float* out, std::int64_t i) const {
    const std::int64_t row = quotient(i, static_cast<std::uint32_t>(rows.columns)), valid = rows.valid(step);
    const ops::RowFactors<float> f{factors[row * ops::kRowFactors], factors[row * ops::kRowFactors + 1]};
    const float scale = step[kStepLossScale] / static_cast<float>(valid);
    out[0] = row < valid ? Rule::template derivative<ops::StandardMath>(in[0], in[1], f) *
                               (weights ? weights[row] * scale : scale)
                         : 0.0f;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::RowLossAttrs::from(request.attrs()));
  return ops::withRowLoss(a.kind, [&]<class Rule>() -> Result<std::unique_ptr<Kernel>> {
    const auto rows = ops::LossRows::of(request.in(In::kPrediction).shape, Rule::form);
    if (!fits32(rows.columns)) return refuse("the rows are too long");
    return makeKernel(
        [rows, weighted = request.call.hasOperand(In::kWeights)](cudaStream_t stream, const Operands& o) {
          const Gradient<Rule> f{rows, o.input<float>(In::kFactors), o.input<float>(In::kStep),
                                 weighted ? o.input<float>(In::kWeights) : nullptr};
          const MapPointers<2, 1> pointers{{o.input<float>(In::kPrediction), o.input<float>(In::kTarget)},
                                           {o.output<float>(0)}};
          return map("row_loss_grad", stream, pointers, rows.rows() * rows.columns, f);
        });
  });
}

}  // namespace

extern const KernelList row_loss_grad;
const KernelList row_loss_grad = {{"cuda", make}};

}  // namespace tandem::cuda
