#include "core/ops/bias_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

// Adds rows of `width` values to sums (width), four rows at a time: a quarter of the memory traffic for sums.
void addRows(const float* x, std::int64_t rows, std::int64_t width, float* sums) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * width) {
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j)
      sums[j] += (x[j] + x[j + width]) + (x[j + 2 * width] + x[j + 3 * width]);
  }
  for (; r < rows; ++r, x += width) {
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) sums[j] += x[j];
  }
}

// Few channels do not fill a vector, so `fold` rows are summed as one wide row, which is folded at the end.
// Each of `parts` threads sums its own rows. The parts depend only on sizes, so results are reproducible.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.in(0).shape);
  const std::int64_t c = shape.columns, fold = std::max<std::int64_t>(1, 128 / c), wide = fold * c;
  const std::int64_t parts =
      std::clamp<std::int64_t>(shape.rows * c / kCheapGrain, 1, std::max(1, request.threads));
  return kernelOf(
      [=, rows = shape.rows](const Operands& o) {
        const float* x = o.input<float>(0);
        auto* sums = static_cast<float*>(o.workspace);
        parallelFor(static_cast<int>(parts), parts, 1, [=](std::int64_t first, std::int64_t last) {
          for (std::int64_t p = first; p < last; ++p) {
            const std::int64_t begin = rows * p / parts, end = rows * (p + 1) / parts;
            const std::int64_t groups = (end - begin) / fold, rest = begin + groups * fold;
            std::fill_n(sums + p * wide, wide, 0.0f);
            addRows(x + begin * c, groups, wide, sums + p * wide);
            addRows(x + rest * c, end - rest, c, sums + p * wide);
          }
        });
        float* db = o.output<float>(0);
        std::fill_n(db, c, 0.0f);
        addRows(sums, parts * fold, c, db);
      },
      static_cast<std::size_t>(parts * wide) * sizeof(float));
}

}  // namespace

extern const KernelList bias_grad;
const KernelList bias_grad = {{"simd", make}};

}  // namespace tandem::cpu
