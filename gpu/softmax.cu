#include "core/ops/softmax.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

template <class Group>
__global__ void __launch_bounds__(kThreads)
    softmaxKernel(const float* x, float* y, std::int64_t rows, std::int64_t columns) {
  const std::int64_t row = Group::row();
  if (row < rows) softmaxRow<Group>(x + row * columns, y + row * columns, columns);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  const auto s = ops::LastAxis::of(request.in(0).shape);
  return makeKernel([s](cudaStream_t stream, const Operands& o) -> Status {
    if (s.rows == 0) return success();
    if (s.columns > kLongRow)
      return launch("softmax", softmaxKernel<BlockRow>, blocksForRows<BlockRow>(s.rows), kThreads, stream,
                    o.input<float>(0), o.output<float>(0), s.rows, s.columns);
    return launch("softmax", softmaxKernel<WarpRow>, blocksForRows<WarpRow>(s.rows), kThreads, stream,
                  o.input<float>(0), o.output<float>(0), s.rows, s.columns);
  });
}

}  // namespace

extern const KernelList softmax;
const KernelList softmax = {{"cuda", make}};

}  // namespace tandem::cuda
