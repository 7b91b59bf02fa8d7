#pragma once

#include "gpu/prepare.h"

namespace tandem::cuda {

// Runs a prepared kernel once on copies of the host operands, each between guard bytes, with results
// poisoned beforehand; an Error if it wrote outside them. Then, for repeat > 1, times it: seconds of one
// run, the best of several replays of a captured graph of runs on the same operands (warm caches).
Result<double> runOp(Engine& engine, Prepared& prepared, const OpCall& call,
                     std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs, int repeat);

}  // namespace tandem::cuda
