// Head: what one output of the network is trained for. One head without particulars is the usual case: the network's only
// output, trained for the targets of the data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/metrics/metric.h"
#include "core/network/network.h"
#include "core/objectives/loss.h"

namespace tandem {

struct Head {
  std::string output;                // Network::nameOf() it; empty: the network's only one
  std::vector<std::string> targets;  // tensors of the data; empty: all targets
  LossConfig loss;
  double weight = 1;  // of this loss in the sum of all
  MetricList metrics;

  // classes: of the targets, for which the usual metrics must be possible; absent: any number.
  std::vector<MetricConfig> reportedMetrics(std::optional<std::int64_t> classes = {}) const {
    return metrics.value_or(usualMetrics(loss.def().target, classes));
  }
  bool operator==(const Head&) const = default;
};

inline constexpr std::size_t kMaxHeads = 8;
inline constexpr double kMaxHeadWeight = 1e6;

// The output that a head is trained on. Errors: there is no such output, or the head does not name one of several.
Result<Source> outputOf(const Head& head, const Network& network);

}  // namespace tandem
