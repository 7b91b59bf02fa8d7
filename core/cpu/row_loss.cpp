#include "core/ops/row_loss.h"

#include <algorithm>
#include <limits>

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;
using Out = ops::RowLossOut;

using ops::RowSums;

float highestOf(const float* x, std::int64_t columns) {
  float highest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : highest)
  for (std::int64_t j = 0; j < columns; ++j) highest = x[j] > highest ? x[j] : highest;
  return highest;
}

// Not inlined, so that all threads run the same instructions (block_sum.h).
template <class Loss>
[[gnu::noinline]] RowSums<float> sumsOfRange(const float* x, const float* t, std::int64_t count,
                                             float highest) {
  float a = 0, b = 0, c = 0;
#pragma omp simd reduction(+ : a, b, c)
  for (std::int64_t j = 0; j < count; ++j) {
    const RowSums<float> terms = Loss::template terms<VectorMath>(x[j], t[j], highest);
    a += terms.a;
    b += terms.b;
    c += terms.c;
  }
  return {a, b, c};
}

// Blocks are summed in f32, and their sums in double.
template <class Loss>
RowSums<double> sumsOfRow(const float* x, const float* t, std::int64_t columns, float highest) {
  RowSums<double> total;
  for (std::int64_t first = 0; first < columns; first += kSumBlock) {
    const RowSums<float> part =
        sumsOfRange<Loss>(x + first, t + first, std::min(kSumBlock, columns - first), highest);
    total = {total.a + static_cast<double>(part.a), total.b + static_cast<double>(part.b),
             total.c + static_cast<double>(part.c)};
  }
  return total;
}

// Row losses go to the workspace and are then summed in an order that does not depend on the threads.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::RowLossAttrs::from(request.attrs()));
  return ops::withRowLoss(attrs.kind, [&]<class Loss>() -> KernelResult {
    const auto rows = ops::LossRows::of(request.in(In::kPrediction).shape, Loss::form);
    return kernelOf(
        [rows, parameters = attrs.parameters, weighted = request.call.hasOperand(In::kWeights),
         threads = request.threads](const Operands& o) {
          const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
          const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget);
          const std::int64_t valid = rows.valid(o.input<float>(In::kStep)), columns = rows.columns;
          auto* losses = static_cast<double*>(o.workspace);
          float* factors = o.output<float>(Out::kFactors);
          const double* p = parameters.data();
          parallelFor(threads, rows.rows(), kCostlyGrain / std::max<std::int64_t>(1, columns) + 1,
                      [=](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t r = begin; r < end; ++r) {
                          const float* row = x + r * columns;
                          const float highest = Loss::form.usesHighest ? highestOf(row, columns) : 0.0f;
                          const auto sums = sumsOfRow<Loss>(row, t + r * columns, columns, highest);
                          losses[r] = Loss::template value<ops::StandardMath>(sums, p);
                          if (weights) losses[r] *= static_cast<double>(weights[r]);
                          const auto f = Loss::template factors<ops::StandardMath>(
                              sums, static_cast<double>(highest), p);
                          factors[r * ops::kRowFactors] = static_cast<float>(f.a);
                          factors[r * ops::kRowFactors + 1] = static_cast<float>(f.b);
                        }
                      });
          double total = 0;
          for (std::int64_t r = 0; r < valid; ++r) total += losses[r];
          o.output<float>(Out::kLoss)[0] =
              valid > 0 ? static_cast<float>(total / static_cast<double>(valid)) : 0.0f;
        },
        static_cast<std::size_t>(rows.rows()) * sizeof(double));
  });
}

}  // namespace

extern const KernelList row_loss;
const KernelList row_loss = {{"simd", make}};

}  // namespace tandem::cpu
