#include "core/ops/cast.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <class From, class To>
__global__ void __launch_bounds__(kThreads) castKernel(const From* x, To* y, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < n) y[i] = static_cast<To>(x[i]);
}

template <class From, class To>
std::unique_ptr<Kernel> build(std::int64_t n) {
  return makeKernel([n](cudaStream_t stream, const Operands& o) -> Status {
    if (n == 0) return success();
    return launch("cast", castKernel<From, To>, blocksFor(n), kThreads, stream, o.input<From>(0),
                  o.output<To>(0), n);
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const DType from = request.in(0).dtype, to = request.out(0).dtype;
  const std::int64_t n = request.out(0).shape.elements();
  if (from == DType::F32 && to == DType::F32) return build<float, float>(n);
  if (from == DType::F32 && to == DType::I32) return build<float, std::int32_t>(n);
  if (from == DType::I32 && to == DType::F32) return build<std::int32_t, float>(n);
  if (from == DType::I32 && to == DType::I32) return build<std::int32_t, std::int32_t>(n);
  return refuse("only f32 and i32");
}

}  // namespace

extern const KernelList cast;
const KernelList cast = {{"cuda", make}};

}  // namespace tandem::cuda
