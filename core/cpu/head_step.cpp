#include "core/ops/head_step.h"

#include <algorithm>

#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto rows = static_cast<float>(request.attrs().integer("rows", 1));
  const auto weight = static_cast<float>(request.attrs().number("weight", 1));
  const bool counted = request.call.hasOperand(1);
  return kernelOf([rows, weight, counted](const Operands& o) {
    float* step = o.output<float>(0);
    std::copy_n(o.input<float>(0), static_cast<std::size_t>(kStepSlots), step);
    if (counted) step[kStepValidRows] = *o.input<float>(1);
    step[kStepValidRows] *= rows;
    step[kStepLossScale] *= weight;
  });
}

}  // namespace

extern const KernelList head_step;
const KernelList head_step = {{"scalar", make}};

}  // namespace tandem::cpu
