#include "core/ops/loss_scale_update.h"

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::LossScaleUpdateIn;
using Out = ops::LossScaleUpdateOut;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf([rule = ops::LossScaleRule::from(request.attrs())](const Operands& o) {
    float report[3];
    rule(*o.input<float>(In::kNorm), o.input<float>(In::kStep), o.output<float>(Out::kScale),
         o.output<float>(Out::kStep), report);
    for (int i = 0; i < 3; ++i)
      if (o.out[Out::kNorm + i]) *o.output<float>(Out::kNorm + i) = report[i];
  });
}

}  // namespace

extern const KernelList loss_scale_update;
const KernelList loss_scale_update = {{"scalar", make}};

}  // namespace tandem::cpu
