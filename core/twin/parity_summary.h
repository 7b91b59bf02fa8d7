// What a comparison comes to: how bad a difference is, which is the worst of each layer, where the sides
// part for the first time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/twin/lock_step.h"

namespace tandem {

enum class Severity : std::uint8_t {
  Equal,     // bit by bit
  Rounding,  // up to a tenth of the tolerance, or in what is zero but for rounding
  Near,      // within the tolerance
  Beyond     // more than rounding explains
};

Severity severityOf(const TensorParity& tensor, double tolerance);

// Index of the tensor that says most about each layer: the highest severity, of those the largest relative
// difference. Updates count only where they are beyond rounding: Adam makes steps of gradients that are
// nothing but rounding.
std::map<std::string, std::size_t> worstByLayer(const SideParity& parity);

struct Divergence {
  std::size_t comparison = 0;  // of the list
  std::size_t tensor = 0;      // of that side's tensors
};
// The first tensor of the first comparison in which the side is beyond rounding.
std::optional<Divergence> firstDivergence(const std::vector<ParityRecord>& comparisons, std::size_t side);

// What a comparison says of a side; nullptr: nothing.
const SideParity* parityOf(const ParityRecord& comparison, std::size_t side);

}  // namespace tandem
