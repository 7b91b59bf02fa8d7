#include "core/ops/window_lengths.h"

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto window, ops::LengthWindow::from(request.attrs()));
  const std::int64_t samples = request.in(0).shape[0];
  return kernelOf([=](const Operands& o) {
    const auto* x = o.input<std::int32_t>(0);
    auto* y = o.output<std::int32_t>(0);
    for (std::int64_t n = 0; n < samples; ++n)
      y[n] = x[n] < window.extent ? 1 : (x[n] - window.extent) / window.stride + 1;
  });
}

}  // namespace

extern const KernelList window_lengths;
const KernelList window_lengths = {{"scalar", make}};

}  // namespace tandem::cpu
