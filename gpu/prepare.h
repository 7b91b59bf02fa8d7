// From an op call to a kernel that can run: walks the op's list, keeps the reasons of those that refuse.
#pragma once

#include "gpu/kernel.h"

namespace tandem::cuda {

struct Prepared {
  std::unique_ptr<Kernel> kernel;
  KernelChoice choice;
};

// nullptr when the op has no kernel here.
const KernelList* kernelList(const OpDef& op);

// The first entry that accepts and is not in options.avoid; with `only`, that entry or its refusal.
Result<Prepared> prepare(Engine& engine, const DeviceOptions& options, const OpCall& call,
                         std::string_view only = {});

}  // namespace tandem::cuda
