#include "core/ops/pool_steps.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/steps.h"

namespace tandem::cpu {
namespace {

using ops::StepPooling;

// Of one sample with `steps` steps that count.
void poolSample(StepPooling mode, const float* __restrict x, std::int64_t steps, std::int64_t width,
                float* __restrict y) {
  if (mode == StepPooling::Last) {
    std::copy_n(x + (steps - 1) * width, width, y);
    return;
  }
  std::copy_n(x, width, y);
  for (std::int64_t step = 1; step < steps; ++step) {
    const float* v = x + step * width;
    if (mode == StepPooling::Mean)
      for (std::int64_t c = 0; c < width; ++c) y[c] += v[c];
    else
      for (std::int64_t c = 0; c < width; ++c) y[c] = v[c] <= y[c] || y[c] != y[c] ? y[c] : v[c];
  }
  if (mode == StepPooling::Max) return;
  const float scale = 1.0f / static_cast<float>(steps);
  for (std::int64_t c = 0; c < width; ++c) y[c] *= scale;
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const StepPooling mode, ops::stepPooling(request.attrs()));
  const auto s = ops::Sequence::of(request.in(0).shape);
  return kernelOf([=, threads = request.threads, varies = request.call.hasOperand(1)](const Operands& o) {
    const auto* lengths = varies ? o.input<std::int32_t>(1) : nullptr;
    const std::int64_t size = s.steps * s.width;
    parallelFor(threads, s.samples, 1 + kCheapGrain / size, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        poolSample(mode, o.input<float>(0) + n * size,
                   lengths ? ops::validSteps(lengths[n], s.steps) : s.steps, s.width,
                   o.output<float>(0) + n * s.width);
    });
  });
}

}  // namespace

extern const KernelList pool_steps;
const KernelList pool_steps = {{"simd", make}};

}  // namespace tandem::cpu
