#pragma once

#include "gpu/prepare.h"

namespace tandem::cuda {

// Runs a prepared kernel once on copies of the host operands, each between guard bytes, with poisoned
// results; an Error if it wrote outside of them. For repeat > 1, it is then timed: the seconds per run, the
// best of several replays of a captured graph of runs on the same operands (warm caches).
Result<double> runOp(Engine& engine, Prepared& prepared, const OpCall& call,
                     std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs, int repeat);

}  // namespace tandem::cuda
