// Compares the bandwidth of element-wise ops with that of a copy.
#pragma once

#include <vector>

#include "core/runtime/backend.h"

namespace tandem::conformance {

struct OpSamples {
  const OpDef* op = nullptr;
  std::vector<Sample> samples;
};

// Times the element-wise ops among `ops` on `bytes` of operands, which should exceed every cache, and a copy
// of the same size before and after. Prints GB/s and the share of the copy's; the last line is a summary.
// Returns the exit status: an op that does not run is a failure, a slow one is not.
int printBandwidth(Backend& backend, const DeviceOptions& options, const std::vector<OpSamples>& ops,
                   double bytes);

}  // namespace tandem::conformance
