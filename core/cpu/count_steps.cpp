#include "core/ops/count_steps.h"

#include "core/cpu/kernel_of.h"
#include "core/ops/step_block.h"
#include "core/ops/steps.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  const std::int64_t samples = request.in(0).shape[0], steps = request.attrs().integer("steps", 0);
  return kernelOf([=](const Operands& o) {
    const auto* lengths = o.input<std::int32_t>(0);
    const std::int64_t rows = validRows(o.input<float>(1), samples);
    std::int64_t sum = 0;
    for (std::int64_t n = 0; n < rows; ++n) sum += ops::validSteps(lengths[n], steps);
    *o.output<float>(0) = static_cast<float>(sum);
  });
}

}  // namespace

extern const KernelList count_steps;
const KernelList count_steps = {{"scalar", make}};

}  // namespace tandem::cpu
