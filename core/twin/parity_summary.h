// Summary of a comparison: how severe a difference is, the worst one of each layer, and where the sides first
// diverge.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/twin/lock_step.h"

namespace tandem {

enum class Severity : std::uint8_t {
  Equal,     // bit-identical
  Rounding,  // up to a tenth of the tolerance, or in values that are zero up to rounding
  Near,      // within the tolerance
  Beyond     // more than rounding can explain
};

Severity severityOf(const TensorParity& tensor, double tolerance);

// Index of the most significant tensor of each layer: the highest severity, then the largest relative
// difference. Updates count only beyond rounding, because Adam turns gradients that are only rounding into
// full steps.
std::map<std::string, std::size_t> worstByLayer(const SideParity& parity);

struct Divergence {
  std::size_t comparison = 0;  // index in the list
  std::size_t tensor = 0;      // index among that side's tensors
};
// The first tensor of the first comparison in which the side is beyond rounding.
std::optional<Divergence> firstDivergence(const std::vector<ParityRecord>& comparisons, std::size_t side);

// The result of a comparison for a side; nullptr: none.
const SideParity* parityOf(const ParityRecord& comparison, std::size_t side);

}  // namespace tandem
