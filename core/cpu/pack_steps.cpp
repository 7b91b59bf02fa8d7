#include "core/ops/pack_steps.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// The bits of values of 4 bytes: f32 or i32.
KernelResult make(const KernelRequest& request) {
  const DType dtype = request.in(0).dtype;
  if (dtype != DType::F32 && dtype != DType::I32) return refuse("supports f32 and i32 only");
  TANDEM_ASSIGN(const ops::Sequence s, ops::packedSequence(request.attrs(), request.call.inputs));
  const bool back = request.attrs().integer("back", 0) != 0;
  const std::size_t workspace = static_cast<std::size_t>(s.samples) * sizeof(std::int64_t);
  return kernelOf(
      [=, threads = request.threads](const Operands& o) {
        const auto* lengths = o.input<std::int32_t>(1);
        const auto* x = o.input<std::uint32_t>(0);
        auto* y = o.output<std::uint32_t>(0);
        auto* const starts = static_cast<std::int64_t*>(o.workspace);  // the first row of each sample
        std::int64_t rows = 0;
        for (std::int64_t n = 0; n < s.samples; ++n) {
          starts[n] = rows;
          rows += ops::validSteps(lengths[n], s.steps);
        }
        if (!back) std::fill(y + rows * s.width, y + s.samples * s.steps * s.width, 0u);
        const std::int64_t grain = 1 + kCheapGrain / std::max<std::int64_t>(1, s.steps * s.width);
        parallelFor(threads, s.samples, grain, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t n = begin; n < end; ++n) {
            const std::int64_t valid = ops::validSteps(lengths[n], s.steps) * s.width;
            const std::int64_t packed = starts[n] * s.width, own = n * s.steps * s.width;
            if (!back) {
              std::copy_n(x + own, valid, y + packed);
              continue;
            }
            std::copy_n(x + packed, valid, y + own);
            std::fill(y + own + valid, y + own + s.steps * s.width, 0u);
          }
        });
      },
      workspace);
}

}  // namespace

extern const KernelList pack_steps;
const KernelList pack_steps = {{"scalar", make}};

}  // namespace tandem::cpu
