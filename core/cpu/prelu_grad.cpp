#include "core/ops/prelu_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/channel_sums.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::PreluGradIn;
using Out = ops::PreluGradOut;

// Each of `parts` threads differentiates its own rows and sums dalpha over them. The parts depend on sizes
// and on the number of threads.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.in(In::kX).shape);
  const std::int64_t c = shape.columns;
  const std::int64_t parts =
      std::clamp<std::int64_t>(shape.rows * c / kCheapGrain, 1, std::max(1, request.threads));
  return kernelOf(
      [=, rows = shape.rows](const Operands& o) {
        const float *dy = o.input<float>(In::kDy), *x = o.input<float>(In::kX),
                    *alpha = o.input<float>(In::kAlpha);
        float* dx = o.output<float>(Out::kDx);
        auto* totals = static_cast<double*>(o.workspace);
        auto* blocks = reinterpret_cast<float*>(totals + parts * c);
        std::fill_n(totals, parts * c, 0.0);
        parallelFor(static_cast<int>(parts), parts, 1, [=](std::int64_t first, std::int64_t last) {
          for (std::int64_t p = first; p < last; ++p) {
            const std::int64_t begin = rows * p / parts, end = rows * (p + 1) / parts;
            for (std::int64_t at = begin * c; at < end * c; at += c) {
#pragma omp simd
              for (std::int64_t j = 0; j < c; ++j)
                dx[at + j] = x[at + j] > 0.0f ? dy[at + j] : alpha[j] * dy[at + j];
            }
            const float *flow = dy + begin * c, *point = x + begin * c;
            addChannelSums(end - begin, c, blocks + p * c, totals + p * c,
                           [=](std::int64_t row, std::int64_t j) {
                             const float v = point[row * c + j];
                             return v > 0.0f ? 0.0f : flow[row * c + j] * v;
                           });
          }
        });
        for (std::int64_t j = 0; j < c; ++j) {
          double sum = 0;
          for (std::int64_t p = 0; p < parts; ++p) sum += totals[p * c + j];
          o.output<float>(Out::kDalpha)[j] = static_cast<float>(sum);
        }
      },
      static_cast<std::size_t>(parts * c) * (sizeof(double) + sizeof(float)));
}

}  // namespace

extern const KernelList prelu_grad;
const KernelList prelu_grad = {{"simd", make}};

}  // namespace tandem::cpu
