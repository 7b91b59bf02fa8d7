#include "core/ops/topk_accuracy.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const std::int64_t n = request.in(In::kPrediction).shape[0], c = request.in(In::kPrediction).shape[1];
  const auto k = static_cast<std::int32_t>(request.attrs().integer("k", 1));
  return kernelOf(
      [n, c, k, threads = request.threads](const Operands& o) {
        const float* x = o.input<float>(In::kPrediction);
        const std::int32_t* labels = o.input<std::int32_t>(In::kTarget);
        const std::int64_t valid = validRows(o.input<float>(In::kStep), n);
        auto* right = static_cast<std::uint8_t*>(o.workspace);
        parallelFor(threads, valid, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            const std::int64_t label = labels[r];
            right[r] = 0;
            if (label < 0 || label >= c) continue;
            const float* row = x + r * c;
            const float own = row[label];
            std::int32_t greater = 0;
#pragma omp simd reduction(+ : greater)
            for (std::int64_t j = 0; j < c; ++j) greater += row[j] <= own ? 0 : 1;  // NaN counts as greater
            right[r] = greater < k;
          }
        });
        std::int64_t count = 0;
        for (std::int64_t r = 0; r < valid; ++r) count += right[r];
        o.output<float>(0)[0] = valid > 0 ? static_cast<float>(count) / static_cast<float>(valid) : 0.0f;
      },
      static_cast<std::size_t>(n));
}

}  // namespace

extern const KernelList topk_accuracy;
const KernelList topk_accuracy = {{"simd", make}};

}  // namespace tandem::cpu
