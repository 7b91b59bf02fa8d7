#include "core/twin/pair_summary.h"

#include <algorithm>
#include <cmath>

namespace tandem {

PairSummary summaryOf(const TensorPair& pair, int bins) {
  PairSummary summary;
  bool any = false;
  const auto include = [&](float value) {
    if (!std::isfinite(value)) return;
    const auto x = static_cast<double>(value);
    summary.low = any ? std::min(summary.low, x) : x;
    summary.high = any ? std::max(summary.high, x) : x;
    any = true;
  };
  const std::size_t count = std::min(pair.reference.size(), pair.side.size());
  summary.difference.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    include(pair.reference[i]);
    include(pair.side[i]);
    const float d = pair.side[i] - pair.reference[i];
    summary.difference[i] = d;
    if (std::isfinite(d)) summary.largest = std::max(summary.largest, std::abs(static_cast<double>(d)));
  }
  summary.reference = histogram(pair.reference, summary.low, summary.high, bins);
  summary.side = histogram(pair.side, summary.low, summary.high, bins);
  summary.differences = histogram(summary.difference, -summary.largest, summary.largest, bins);
  return summary;
}

}  // namespace tandem
