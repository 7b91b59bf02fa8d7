#include "core/ops/pool_steps_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using ops::StepPooling;

void mean(const float* __restrict dy, std::int64_t steps, std::int64_t width, float* __restrict dx) {
  const float scale = 1.0f / static_cast<float>(steps);
  for (std::int64_t step = 0; step < steps; ++step)
    for (std::int64_t c = 0; c < width; ++c) dx[step * width + c] = dy[c] * scale;
}

void maximum(const float* __restrict x, const float* __restrict y, const float* __restrict dy,
             std::int64_t steps, std::int64_t width, float* __restrict dx) {
  constexpr std::int64_t kChunk = 64;  // channels at a time
  for (std::int64_t first = 0; first < width; first += kChunk) {
    const std::int64_t count = std::min(kChunk, width - first);
    float rest[kChunk];  // becomes 0 once a step has received it
    std::copy_n(dy + first, count, rest);
    for (std::int64_t step = 0; step < steps; ++step) {
      const std::int64_t at = step * width + first;
      for (std::int64_t c = 0; c < count; ++c) {
        const bool takes = x[at + c] >= y[first + c];
        dx[at + c] = takes ? rest[c] : 0.0f;
        rest[c] = takes ? 0.0f : rest[c];
      }
    }
  }
}

KernelResult make(const KernelRequest& request) {
  if (request.in(2).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const StepPooling mode, ops::stepPooling(request.attrs()));
  TANDEM_ASSIGN(const auto s, ops::stepPoolingGradient(request.attrs(), request.call.inputs));
  return kernelOf([=, threads = request.threads, varies = request.call.hasOperand(3)](const Operands& o) {
    const auto* lengths = varies ? o.input<std::int32_t>(3) : nullptr;
    const std::int64_t size = s.steps * s.width;
    parallelFor(threads, s.samples, 1 + kCheapGrain / size, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const std::int64_t steps = lengths ? ops::validSteps(lengths[n], s.steps) : s.steps;
        const float* dy = o.input<float>(2) + n * s.width;
        float* dx = o.output<float>(0) + n * size;
        if (mode == StepPooling::Mean) {
          mean(dy, steps, s.width, dx);
        } else if (mode == StepPooling::Max) {
          maximum(o.input<float>(0) + n * size, o.input<float>(1) + n * s.width, dy, steps, s.width, dx);
        } else {
          std::fill_n(dx, (steps - 1) * s.width, 0.0f);
          std::copy_n(dy, s.width, dx + (steps - 1) * s.width);
        }
        std::fill_n(dx + steps * s.width, (s.steps - steps) * s.width, 0.0f);
      }
    });
  });
}

}  // namespace

extern const KernelList pool_steps_grad;
const KernelList pool_steps_grad = {{"simd", make}};

}  // namespace tandem::cpu
