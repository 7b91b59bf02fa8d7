#include "core/ops/score_histogram.h"

#include <cmath>
#include <limits>

#include "core/cpu/row_counts.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

float logOdds(const float* x, std::int64_t columns, std::int64_t wanted) {
  if (columns == 1) return wanted == 1 ? x[0] : -x[0];
  float highest = -std::numeric_limits<float>::infinity(), sum = 0;
  for (std::int64_t j = 0; j < columns; ++j)
    if (j != wanted) highest = std::max(highest, x[j]);
  for (std::int64_t j = 0; j < columns; ++j)
    if (j != wanted) sum += std::exp(x[j] - highest);
  return x[wanted] - highest - std::log(sum);
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t wanted = request.attrs().integer("class", 1);
  return rowCounts(rows, columns, 2 * ops::kScoreBins, request.threads,
                   [=](const float* x, std::int32_t label) {
                     const std::int64_t bin = ops::scoreBin(logOdds(x, columns, wanted));
                     return static_cast<std::int32_t>((label == wanted ? ops::kScoreBins : 0) + bin);
                   });
}

}  // namespace

extern const KernelList score_histogram;
const KernelList score_histogram = {{"scalar", make}};

}  // namespace tandem::cpu
