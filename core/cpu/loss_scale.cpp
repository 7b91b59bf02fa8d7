#include "core/ops/loss_scale.h"

#include <algorithm>

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf([](const Operands& o) {
    float* step = o.output<float>(0);
    std::copy_n(o.input<float>(0), static_cast<std::size_t>(kStepSlots), step);
    step[kStepLossScale] = o.input<float>(1)[kLossScaleValue];
  });
}

}  // namespace

extern const KernelList loss_scale;
const KernelList loss_scale = {{"scalar", make}};

}  // namespace tandem::cpu
