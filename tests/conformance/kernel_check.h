// Compares one kernel with the op's double-precision definition.
#pragma once

#include <optional>
#include <string>

#include "core/runtime/backend.h"
#include "tests/conformance/operands.h"

namespace tandem::conformance {

struct CheckResult {
  bool refused = false;
  bool lost = false;    // the device failed permanently: nothing more can be checked in this process
  std::string reason;   // of the refusal
  std::string failure;  // empty: passed
  double error = 0;     // ||result - reference|| / ||reference||, worst output
};

// Runs the kernel on the inputs and compares all outputs, which are filled with NaN before. Also detects
// writes past the end of an output and into operands that the op must not change. nanOnly: the inputs contain
// NaN; only checks that the result is NaN wherever the reference is (but see dropsNan() in gaps.h).
CheckResult checkKernel(Backend& backend, const DeviceOptions& options, const OpDef& op, const Sample& sample,
                        std::span<const RefTensor> inputs, std::span<const RefTensor> expected,
                        std::string_view kernel, bool nanOnly = false);

OpCall callOf(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs,
              std::span<const RefTensor> outputs);

}  // namespace tandem::conformance
