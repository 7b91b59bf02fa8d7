#include "core/ops/window_lengths.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    windowLengthsKernel(const std::int32_t* x, std::int32_t* y, ops::LengthWindow window, int samples) {
  const int n = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (n < samples) y[n] = x[n] < window.extent ? 1 : (x[n] - window.extent) / window.stride + 1;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto window, ops::LengthWindow::from(request.attrs()));
  if (!fits32(request.in(0).shape[0])) return refuse("more than 2^31 elements");
  const int samples = static_cast<int>(request.in(0).shape[0]);
  return makeKernel([window, samples](cudaStream_t stream, const Operands& o) -> Status {
    return launch("window_lengths", windowLengthsKernel, blocksFor(samples), kThreads, stream,
                  o.input<std::int32_t>(0), o.output<std::int32_t>(0), window, samples);
  });
}

}  // namespace

extern const KernelList window_lengths;
const KernelList window_lengths = {{"cuda", make}};

}  // namespace tandem::cuda
