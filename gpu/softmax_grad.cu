#include "core/ops/softmax_grad.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

template <class Group>
__global__ void __launch_bounds__(kThreads)
    softmaxGradKernel(const float* dy, const float* y, float* dx, std::int64_t rows, std::int64_t columns) {
  const std::int64_t row = Group::row(), begin = row * columns;
  if (row >= rows) return;
  float dot = 0;
  for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) dot += dy[begin + j] * y[begin + j];
  dot = Group::sum(dot);
  for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize)
    dx[begin + j] = y[begin + j] * (dy[begin + j] - dot);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  const auto s = ops::LastAxis::of(request.in(0).shape);
  return makeKernel([s](cudaStream_t stream, const Operands& o) -> Status {
    if (s.rows == 0) return success();
    if (s.columns > kLongRow)
      return launch("softmax_grad", softmaxGradKernel<BlockRow>, blocksForRows<BlockRow>(s.rows), kThreads,
                    stream, o.input<float>(0), o.input<float>(1), o.output<float>(0), s.rows, s.columns);
    return launch("softmax_grad", softmaxGradKernel<WarpRow>, blocksForRows<WarpRow>(s.rows), kThreads,
                  stream, o.input<float>(0), o.input<float>(1), o.output<float>(0), s.rows, s.columns);
  });
}

}  // namespace

extern const KernelList softmax_grad;
const KernelList softmax_grad = {{"cuda", make}};

}  // namespace tandem::cuda
