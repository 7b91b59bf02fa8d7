// From an op call to a runnable kernel: tries the op's list in order and records the reasons for refusals.
#pragma once

#include "gpu/kernel.h"

namespace tandem::cuda {

struct Prepared {
  std::unique_ptr<Kernel> kernel;
  KernelChoice choice;
};

// nullptr if the op has no CUDA kernel.
const KernelList* kernelList(const OpDef& op);

// The first kernel that accepts and is not in options.avoid; with `only`, that kernel or its refusal.
Result<Prepared> prepare(Engine& engine, const DeviceOptions& options, const OpCall& call,
                         std::string_view only = {});

}  // namespace tandem::cuda
