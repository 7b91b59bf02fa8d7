#include "core/ops/channel_dropout.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

constexpr std::int64_t kBlock = 64;  // channels whose mask is drawn once for all positions of a sample

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::DropoutAttrs::from(request.attrs()));
  const auto view = ops::ChannelView::of(request.in(0).shape);
  return kernelOf([a, view, threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    const std::uint64_t step = stepNumber(o.input<float>(1));
    float* y = o.output<float>(0);
    const float scale = 1.0f / (1.0f - a.rate);
    const std::int64_t blocks = (view.channels + kBlock - 1) / kBlock;
    const std::int64_t grain = 1 + kCheapGrain / (view.positions * std::min(kBlock, view.channels));
    parallelFor(threads, view.samples * blocks, grain, [=](std::int64_t first, std::int64_t last) {
      float mask[kBlock];
      for (std::int64_t task = first; task < last; ++task) {
        const std::int64_t sample = task / blocks, channel = task % blocks * kBlock;
        const std::int64_t count = std::min(kBlock, view.channels - channel);
        for (std::int64_t c = 0; c < count; ++c) {
          const auto element = static_cast<std::uint64_t>(sample * view.channels + channel + c);
          mask[c] = ops::channelDropoutKeeps(a, step, element) ? 1.0f : 0.0f;
        }
        for (std::int64_t position = 0; position < view.positions; ++position) {
          const std::int64_t at = (sample * view.positions + position) * view.channels + channel;
#pragma omp simd
          for (std::int64_t c = 0; c < count; ++c) y[at + c] = mask[c] > 0.0f ? x[at + c] * scale : 0.0f;
        }
      }
    });
  });
}

}  // namespace

extern const KernelList channel_dropout;
const KernelList channel_dropout = {{"simd", make}};

}  // namespace tandem::cpu
