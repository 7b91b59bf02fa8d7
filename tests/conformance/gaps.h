// Ops and samples for which a device has only the slow reference kernel, each with its reason.
#pragma once

#include <string_view>

#include "core/ops/attrs.h"

namespace tandem::conformance {

inline constexpr std::string_view kReferenceKernel = "reference";

// Whether a device computes f32 results of half operands in half precision because of a library limitation.
bool roundsToHalf(std::string_view backend, std::string_view op);

// Whether kernels of the device may turn a NaN into 0: a library's fused relu. In training, the optimizers' kernels find
// the cause (core/ops/update_faults.h).
bool dropsNan(std::string_view backend, std::string_view op, const Attrs& attrs);

bool knownGap(std::string_view backend, std::string_view op, std::string_view sample);

}  // namespace tandem::conformance
