// From an op call to a kernel that can run: walks the op's list, keeps the reasons of those that refuse.
#pragma once

#include <memory>
#include <string_view>

#include "core/cpu/kernel.h"

namespace tandem::cpu {

struct Prepared {
  std::unique_ptr<Kernel> kernel;
  KernelChoice choice;
};

// Names of all that may run the op, in order of preference: its own kernels, the same ones emulating half
// precision ("emulated/NAME"), and "reference", which accepts everything.
std::vector<std::string> kernelNames(const OpDef& op);

// The first entry that accepts and is not in options.avoid; with `only`, that entry or its refusal.
Result<Prepared> prepare(const DeviceOptions& options, const OpCall& call, std::string_view only = {});

// Team size for the options: all cores when threads is 0.
int teamSize(const DeviceOptions& options);

// The entry's f32 kernel between conversions; see through_f32.cpp. For calls with half operands.
Result<std::unique_ptr<Kernel>> makeThroughF32(const KernelEntry& entry, const KernelRequest& request);
bool hasHalf(const OpCall& call);

// The kernel that computes in double with the op's own definition; see reference.cpp.
Result<std::unique_ptr<Kernel>> makeReference(const KernelRequest& request);

}  // namespace tandem::cpu
