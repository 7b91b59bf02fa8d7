// From an op call to a runnable kernel: tries the op's list in order and records the reasons for refusals.
#pragma once

#include <memory>
#include <string_view>

#include "core/cpu/kernel.h"

namespace tandem::cpu {

struct Prepared {
  std::unique_ptr<Kernel> kernel;
  KernelChoice choice;
};

// The names of all kernels for the op, in order of preference: its own kernels, the same kernels emulating
// half precision ("emulated/NAME"), and "reference", which accepts everything.
std::vector<std::string> kernelNames(const OpDef& op);

// The first kernel that accepts and is not in options.avoid; with `only`, that kernel or its refusal.
Result<Prepared> prepare(const DeviceOptions& options, const OpCall& call, std::string_view only = {});

// The team size for the options: all cores if threads is 0.
int teamSize(const DeviceOptions& options);

// The entry's f32 kernel wrapped in conversions, for calls with half operands; see through_f32.cpp.
Result<std::unique_ptr<Kernel>> makeThroughF32(const KernelEntry& entry, const KernelRequest& request);
bool hasHalf(const OpCall& call);

// The kernel that computes the op's reference definition in double; see reference.cpp.
Result<std::unique_ptr<Kernel>> makeReference(const KernelRequest& request);

}  // namespace tandem::cpu
