#include "core/ops/target_moments.h"

#include <algorithm>

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

struct Sums {
  float error, first, second;
};

// Not inlined: the compiler may vectorize the copies of an inlined loop differently, and then the sums would
// depend on the number of threads.
[[gnu::noinline]] Sums sumsOf(const float* x, const float* t, std::int64_t n) {
  float error = 0, first = 0, second = 0;
#pragma omp simd reduction(+ : error, first, second)
  for (std::int64_t i = 0; i < n; ++i) {
    const float d = x[i] - t[i];
    error += d * d;
    first += t[i];
    second += t[i] * t[i];
  }
  return {error, first, second};
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::FirstAxis::of(request.in(0).shape);
  return kernelOf(
      [shape, threads = request.threads](const Operands& o) {
        const float *x = o.input<float>(0), *t = o.input<float>(1);
        const std::int64_t count = validRows(o.input<float>(2), shape.rows) * shape.columns;
        const std::int64_t blocks = sumBlocks(count);
        auto* sums = static_cast<Sums*>(o.workspace);  // of fixed blocks, as in blockSum()
        parallelFor(threads, blocks, 4, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t b = begin; b < end; ++b) {
            const std::int64_t start = b * kSumBlock;
            sums[b] = sumsOf(x + start, t + start, std::min(kSumBlock, count - start));
          }
        });
        double error = 0, first = 0, second = 0;
        for (std::int64_t b = 0; b < blocks; ++b) {
          error += static_cast<double>(sums[b].error);
          first += static_cast<double>(sums[b].first);
          second += static_cast<double>(sums[b].second);
        }
        const double n = count > 0 ? static_cast<double>(count) : 1.0;
        float* out = o.output<float>(0);
        out[0] = static_cast<float>(error / n);
        out[1] = static_cast<float>(first / n);
        out[2] = static_cast<float>(second / n);
      },
      static_cast<std::size_t>(sumBlocks(shape.rows * shape.columns)) * sizeof(Sums));
}

}  // namespace

extern const KernelList target_moments;
const KernelList target_moments = {{"simd", make}};

}  // namespace tandem::cpu
