#include "core/ops/softmax_cross_entropy_grad.h"

#include "core/ops/step_block.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

// A thread processes V elements of a row; a row has perRow * V columns.
template <int V>
__global__ void __launch_bounds__(kThreads)
    gradientKernel(const float* p, const std::int32_t* labels, const float* step, const float* weights,
                   float* dx, std::int64_t rows, std::uint32_t perRow, ops::CrossEntropyRule<float> rule) {
  const std::int64_t run = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (run >= rows * perRow) return;
  const std::int64_t row = quotient(run, perRow), column = V * (run - row * perRow);
  const std::int64_t valid = validRows(step, rows), label = labels[row];
  const std::int64_t columns = static_cast<std::int64_t>(perRow) * V;
  float scale = step[kStepLossScale] / static_cast<float>(valid);
  if (rule.gamma > 0 && label >= 0 && label < columns) scale *= rule.weight(p[row * columns + label]);
  if (weights) scale *= weights[row];
  float v[V];
  loadVector<V>(p + V * run, v);
#pragma unroll
  for (int j = 0; j < V; ++j) {
    const float target = rule.target(label == column + j, static_cast<float>(columns));
    v[j] = row < valid ? (v[j] - target) * scale : 0.0f;
  }
  storeVector<V>(v, dx + V * run);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto attrs, ops::CrossEntropyAttrs::from(request.attrs()));
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  return makeKernel(
      [rows, columns, rule = ops::CrossEntropyRule<float>(attrs),
       weighted = request.call.hasOperand(In::kWeights)](cudaStream_t stream, const Operands& o) -> Status {
        if (rows * columns == 0) return success();
        const auto* p = o.input<float>(In::kPrediction);
        auto* dx = o.output<float>(0);
        const bool vectors = columns % 4 == 0 && aligned16(p) && aligned16(dx);
        const std::int64_t perRow = vectors ? columns / 4 : columns;
        return launch("softmax_cross_entropy_grad", vectors ? gradientKernel<4> : gradientKernel<1>,
                      blocksFor(rows * perRow), kThreads, stream, p, o.input<std::int32_t>(In::kTarget),
                      o.input<float>(In::kStep), weighted ? o.input<float>(In::kWeights) : nullptr, dx, rows,
                      static_cast<std::uint32_t>(perRow), rule);
      });
}

}  // namespace

extern const KernelList softmax_cross_entropy_grad;
const KernelList softmax_cross_entropy_grad = {{"cuda", make}};

}  // namespace tandem::cuda
