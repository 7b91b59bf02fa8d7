#include "core/ops/loss_scale_update.h"

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf([rule = ops::LossScaleRule::from(request.attrs())](const Operands& o) {
    float report[3];
    rule(*o.input<float>(1), o.input<float>(2), o.output<float>(0), o.output<float>(1), report);
    for (int i = 0; i < 3; ++i)
      if (o.out[2 + i]) *o.output<float>(2 + i) = report[i];
  });
}

}  // namespace

extern const KernelList loss_scale_update;
const KernelList loss_scale_update = {{"scalar", make}};

}  // namespace tandem::cpu
