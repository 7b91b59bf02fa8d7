// Compares one kernel with the op's double-precision definition.
#pragma once

#include <optional>
#include <string>

#include "core/runtime/backend.h"
#include "tests/conformance/operands.h"

namespace tandem::conformance {

struct CheckResult {
  bool refused = false;
  bool lost = false;    // the device failed for good: nothing more can be checked in this process
  std::string reason;   // of the refusal
  std::string failure;  // empty: passed
  double error = 0;     // ||result - reference|| / ||reference||, worst output
};

// Runs the kernel on the inputs and compares all outputs, which hold NaN before. Also finds writes past
// the end of an output and into operands that are not the op's to change.
// nanOnly: the inputs hold NaN; only asks that NaN is in the result wherever the reference has it.
CheckResult checkKernel(Backend& backend, const DeviceOptions& options, const OpDef& op, const Sample& sample,
                        std::span<const RefTensor> inputs, std::span<const RefTensor> expected,
                        std::string_view kernel, bool nanOnly = false);

OpCall callOf(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs,
              std::span<const RefTensor> outputs);

}  // namespace tandem::conformance
