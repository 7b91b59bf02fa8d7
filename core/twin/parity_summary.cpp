#include "core/twin/parity_summary.h"

#include <algorithm>

namespace tandem {

Severity severityOf(const TensorParity& tensor, double tolerance) {
  constexpr double kNear = 0.1;  // of the tolerance
  const TensorDifference& d = tensor.difference;
  if (tensor.beyondRounding) return Severity::Beyond;
  if (d.largest == 0 && d.nonFinite == 0) return Severity::Equal;
  return d.relative > kNear * tolerance && d.relative <= tolerance ? Severity::Near : Severity::Rounding;
}

std::map<std::string, std::size_t> worstByLayer(const SideParity& parity) {
  std::map<std::string, std::size_t> worst;
  for (std::size_t t = 0; t < parity.tensors.size(); ++t) {
    const TensorParity& tensor = parity.tensors[t];
    if (tensor.kind == TensorKind::Update && !tensor.beyondRounding) continue;
    const auto [known, added] = worst.emplace(tensor.layer, t);
    if (added) continue;
    const TensorParity& before = parity.tensors[known->second];
    const auto rank = [&](const TensorParity& each) {
      return std::pair(severityOf(each, parity.tolerance), each.difference.relative);
    };
    if (rank(tensor) > rank(before)) known->second = t;
  }
  return worst;
}

const SideParity* parityOf(const ParityRecord& comparison, std::size_t side) {
  const auto found = std::ranges::find(comparison.sides, side, &SideParity::side);
  return found == comparison.sides.end() ? nullptr : &*found;
}

std::optional<Divergence> firstDivergence(const std::vector<ParityRecord>& comparisons, std::size_t side) {
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const SideParity* parity = parityOf(comparisons[i], side);
    if (parity && parity->first) return Divergence{i, *parity->first};
  }
  return std::nullopt;
}

}  // namespace tandem
