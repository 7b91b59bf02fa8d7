#include "core/ops/softmax_cross_entropy_grad.h"

#include "core/ops/step_block.h"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    gradientKernel(const float* p, const std::int32_t* labels, const float* step, float* dx,
                   std::int64_t rows, std::int64_t columns) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= rows * columns) return;
  const std::int64_t row = i / columns, column = i - row * columns, valid = validRows(step, rows);
  const float hit = labels[row] == column ? 1.0f : 0.0f;
  dx[i] = row < valid ? (p[i] - hit) * step[kStepLossScale] / static_cast<float>(valid) : 0.0f;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  const std::int64_t rows = request.in(0).shape[0], columns = request.in(0).shape[1];
  return makeKernel([rows, columns](cudaStream_t stream, const Operands& o) -> Status {
    if (rows * columns == 0) return success();
    return launch("softmax_cross_entropy_grad", gradientKernel, blocksFor(rows * columns), kThreads, stream,
                  o.input<float>(0), o.input<std::int32_t>(1), o.input<float>(2), o.output<float>(0), rows,
                  columns);
  });
}

}  // namespace

extern const KernelList softmax_cross_entropy_grad;
const KernelList softmax_cross_entropy_grad = {{"cuda", make}};

}  // namespace tandem::cuda
