#include "core/ops/mask_steps.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/steps.h"

namespace tandem::cpu {
namespace {

using ops::AfterEnd;

// Of one sample; the first `valid` steps remain.
void maskSample(AfterEnd after, const float* __restrict x, std::int64_t valid, std::int64_t steps,
                std::int64_t width, float* __restrict y) {
  std::copy_n(x, valid * width, y);
  float* const last = y + (valid - 1) * width;
  if (after == AfterEnd::Repeat) {
    for (std::int64_t step = valid; step < steps; ++step) std::copy_n(last, width, y + step * width);
    return;
  }
  if (after == AfterEnd::Collect)
    for (std::int64_t step = valid; step < steps; ++step)
      for (std::int64_t k = 0; k < width; ++k) last[k] += x[step * width + k];
  std::fill_n(y + valid * width, (steps - valid) * width, 0.0f);
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const AfterEnd after, ops::afterEnd(request.attrs()));
  const auto s = ops::Sequence::of(request.in(0).shape);
  return kernelOf([=, threads = request.threads](const Operands& o) {
    const auto* lengths = o.input<std::int32_t>(1);
    const std::int64_t size = s.steps * s.width;
    parallelFor(threads, s.samples, 1 + kCheapGrain / size, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        maskSample(after, o.input<float>(0) + n * size, ops::validSteps(lengths[n], s.steps), s.steps,
                   s.width, o.output<float>(0) + n * size);
    });
  });
}

}  // namespace

extern const KernelList mask_steps;
const KernelList mask_steps = {{"simd", make}};

}  // namespace tandem::cpu
