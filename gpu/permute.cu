#include "core/ops/permute.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// One thread per element, which it only moves. T: an unsigned integer of its size.
template <class T>
__global__ void __launch_bounds__(kThreads)
    permuteKernel(const T* x, T* y, std::uint32_t n, ops::BroadcastAxes axes) {
  const std::uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) y[i] = x[axes.at(i).first];
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto g, ops::PermuteGeometry::from(request.attrs(), request.in(0).shape));
  const std::int64_t n = request.out(0).shape.elements();
  const std::size_t unit = sizeOf(request.in(0).dtype);
  if (unit != 2 && unit != 4) return refuse("supports 2-byte and 4-byte elements only");
  if (!fits32(n)) return refuse("more than 2^31 elements");
  return makeKernel([axes = g.axes, n, unit](cudaStream_t stream, const Operands& o) -> Status {
    if (n == 0) return success();
    const auto run = [&]<class T>(T*) {
      return launch("permute", permuteKernel<T>, blocksFor(n), kThreads, stream, o.input<T>(0),
                    o.output<T>(0), static_cast<std::uint32_t>(n), axes);
    };
    if (unit == 2) return run(static_cast<std::uint16_t*>(nullptr));
    return run(static_cast<std::uint32_t*>(nullptr));
  });
}

}  // namespace

extern const KernelList permute;
const KernelList permute = {{"cuda", make}};

}  // namespace tandem::cuda
