#include "core/ops/gaussian_noise.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::GaussianNoiseAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    const std::uint64_t step = stepNumber(o.input<float>(1));
    float* y = o.output<float>(0);
    const auto deviation = static_cast<float>(a.deviation);
    parallelFor(threads, (n + 3) / 4, kCostlyGrain / 4, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t block = first; block < last; ++block) {
        const Philox4 bits = ops::dropoutBits(a.bits(), step, static_cast<std::uint64_t>(block));
        const std::int64_t begin = 4 * block, count = std::min<std::int64_t>(4, n - begin);
        for (std::int64_t lane = 0; lane < count; ++lane)
          y[begin + lane] = x[begin + lane] + deviation * ops::normalOf<float>(bits, static_cast<int>(lane));
      }
    });
  });
}

}  // namespace

extern const KernelList gaussian_noise;
const KernelList gaussian_noise = {{"loop", make}};

}  // namespace tandem::cpu
