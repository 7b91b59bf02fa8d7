#include "core/ops/class_counts.h"

#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

// Whether the row predicts the class: no score before its own is as large and no later one is larger.
// Counting these is vectorized, unlike a search for the largest score.
bool predicts(const float* x, std::int64_t c, std::int64_t wanted) {
  if (c == 1) return (x[0] > 0.0f ? 1 : 0) == wanted;
  const float own = x[wanted];
  std::int32_t ahead = 0;
#pragma omp simd reduction(+ : ahead)
  for (std::int64_t j = 0; j < wanted; ++j) ahead += x[j] >= own ? 1 : 0;
#pragma omp simd reduction(+ : ahead)
  for (std::int64_t j = wanted + 1; j < c; ++j) ahead += x[j] > own ? 1 : 0;
  return ahead == 0 && (wanted == 0 || (!std::isnan(x[0]) && !std::isnan(own)));  // nothing exceeds a NaN
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const std::int64_t n = request.in(In::kPrediction).shape[0], c = request.in(In::kPrediction).shape[1];
  const std::int64_t wanted = request.attrs().integer("class", 1);
  return kernelOf(
      [n, c, wanted, threads = request.threads](const Operands& o) {
        const float* x = o.input<float>(In::kPrediction);
        const std::int32_t* labels = o.input<std::int32_t>(In::kTarget);
        const std::int64_t valid = validRows(o.input<float>(In::kStep), n);
        auto* predicted = static_cast<std::uint8_t*>(o.workspace);
        parallelFor(threads, valid, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) predicted[r] = predicts(x + r * c, c, wanted) ? 1 : 0;
        });
        std::int64_t both = 0, predictions = 0, labeled = 0;
        for (std::int64_t r = 0; r < valid; ++r) {
          const std::int64_t isLabel = labels[r] == wanted ? 1 : 0;
          both += predicted[r] & isLabel;
          predictions += predicted[r];
          labeled += isLabel;
        }
        const auto rows = static_cast<float>(std::max<std::int64_t>(valid, 1));
        float* out = o.output<float>(0);
        out[0] = static_cast<float>(both) / rows;
        out[1] = static_cast<float>(predictions) / rows;
        out[2] = static_cast<float>(labeled) / rows;
      },
      static_cast<std::size_t>(n));
}

}  // namespace

extern const KernelList class_counts;
const KernelList class_counts = {{"simd", make}};

}  // namespace tandem::cpu
