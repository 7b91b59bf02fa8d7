// pack_steps: moves the valid steps of sequences to the front, in the order of the samples, as rows; zeros follow them.
// x (N, steps, ...), lengths i32 (N) -> y (N * steps, ...). So what treats rows alike, such as a loss, needs no masks.
// Attribute "back": 1 for the inverse, which is also the gradient: x (N * steps, ...), lengths -> y (N, steps, ...), whose
// steps after the end of each sample are 0.
#pragma once

#include "core/ops/op.h"
#include "core/ops/steps.h"

namespace tandem::ops {

extern const OpDef pack_steps;

// The extents of both forms. Errors: the rows are not those of sequences with these lengths.
Result<Sequence> packedSequence(const Attrs& attrs, std::span<const TensorType> operands);

}  // namespace tandem::ops
