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

// The op's own entries followed by "reference", which accepts everything.
KernelList kernelList(const OpDef& op);

// The first entry that accepts and is not in options.avoid; with `only`, that entry or its refusal.
Result<Prepared> prepare(const DeviceOptions& options, const OpCall& call, std::string_view only = {});

// Team size for the options: all cores when threads is 0.
int teamSize(const DeviceOptions& options);

// The kernel that computes in double with the op's own definition; see reference.cpp.
Result<std::unique_ptr<Kernel>> makeReference(const KernelRequest& request);

}  // namespace tandem::cpu
