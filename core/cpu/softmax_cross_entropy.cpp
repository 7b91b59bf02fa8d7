#include "core/ops/softmax_cross_entropy.h"

#include <limits>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/softmax_rows.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;
using Out = ops::CrossEntropyOut;

// Row losses go to the workspace and are then summed in an order that does not depend on the threads.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::CrossEntropyAttrs::from(request.attrs()));
  const std::int64_t n = request.in(In::kPrediction).shape[0], c = request.in(In::kPrediction).shape[1];
  return kernelOf(
      [n, c, rule = ops::CrossEntropyRule<float>(attrs), weighted = request.call.hasOperand(In::kWeights),
       threads = request.threads](const Operands& o) {
        const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
        const float* x = o.input<float>(In::kPrediction);
        const std::int32_t* labels = o.input<std::int32_t>(In::kTarget);
        const std::int64_t valid = validRows(o.input<float>(In::kStep), n), block = softmaxBlock(c);
        float* p = o.output<float>(Out::kProbabilities);
        auto* losses = static_cast<float*>(o.workspace);
        parallelFor(threads, n, kCostlyGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
          float highest[64], sum[64];
          for (std::int64_t first = begin; first < end; first += block) {
            const std::int64_t rows = std::min(block, end - first);
            softmaxRows(x + first * c, p + first * c, rows, c, highest, sum);
#pragma omp simd
            for (std::int64_t i = 0; i < rows; ++i) sum[i] = vlog(sum[i]);
            for (std::int64_t i = 0; i < rows; ++i) {
              const std::int64_t r = first + i, label = labels[r];
              const float* row = x + r * c;
              float mean = 0;
              if (rule.smoothing > 0) {
#pragma omp simd reduction(+ : mean)
                for (std::int64_t j = 0; j < c; ++j) mean += row[j] - highest[i];
                mean = mean / static_cast<float>(c) - sum[i];
              }
              losses[r] = label >= 0 && label < c ? rule.loss(row[label] - highest[i] - sum[i], mean)
                                                  : std::numeric_limits<float>::quiet_NaN();
              if (weights) losses[r] *= weights[r];
            }
          }
        });
        double total = 0;
        for (std::int64_t r = 0; r < valid; ++r) total += static_cast<double>(losses[r]);
        o.output<float>(Out::kLoss)[0] =
            valid > 0 ? static_cast<float>(total / static_cast<double>(valid)) : 0.0f;
      },
      static_cast<std::size_t>(n) * sizeof(float));
}

}  // namespace

extern const KernelList softmax_cross_entropy;
const KernelList softmax_cross_entropy = {{"simd", make}};

}  // namespace tandem::cpu
