#include "core/twin/tensor_difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem {

TensorDifference difference(std::span<const float> a, std::span<const float> b) {
  TensorDifference result;
  double aa = 0, bb = 0, ab = 0, dd = 0;
  const std::size_t count = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    if (!std::isfinite(x) || !std::isfinite(y)) {
      const bool same = x == y || (std::isnan(x) && std::isnan(y));
      if (same) continue;
      if (result.nonFinite++ == 0) result.where = i;
      continue;
    }
    const double d = y - x;
    aa += x * x;
    bb += y * y;
    ab += x * y;
    dd += d * d;
    if (std::abs(d) > result.largest) {
      result.largest = std::abs(d);
      if (result.nonFinite == 0) result.where = i;
    }
  }
  const double n = static_cast<double>(std::max<std::size_t>(1, count));
  result.rmsA = std::sqrt(aa / n);
  result.rmsDifference = std::sqrt(dd / n);
  if (dd > 0) result.relative = aa > 0 ? std::sqrt(dd / aa) : std::numeric_limits<double>::infinity();
  if (aa > 0 && bb > 0)
    result.cosine = std::clamp(ab / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0);
  else
    result.cosine = aa == bb ? 1 : 0;
  return result;
}

Histogram histogram(std::span<const float> values, double low, double high, int bins) {
  Histogram result{low, high, std::vector<std::size_t>(static_cast<std::size_t>(std::max(1, bins)))};
  const double scale = high > low ? static_cast<double>(result.counts.size()) / (high - low) : 0;
  const double last = static_cast<double>(result.counts.size() - 1);
  for (const float value : values)
    if (std::isfinite(value))
      ++result.counts[static_cast<std::size_t>(
          std::clamp((static_cast<double>(value) - low) * scale, 0.0, last))];
  return result;
}

}  // namespace tandem
