// How near element-wise ops come to what a device can copy.
#pragma once

#include <vector>

#include "core/runtime/backend.h"

namespace tandem::conformance {

struct OpSamples {
  const OpDef* op = nullptr;
  std::vector<Sample> samples;
};

// Times the element-wise ops among these on so many bytes of operands, which no cache should hold, and a copy
// of as many before and after. Prints bytes a second and their share of the copy's; the last line sums up.
// The exit status: an op that does not run is a failure, a slow one is not.
int printBandwidth(Backend& backend, const DeviceOptions& options, const std::vector<OpSamples>& ops,
                   double bytes);

}  // namespace tandem::conformance
