// Losses and metrics as their ops define them, in double precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/ops/op.h"

namespace tandem {

// The first result of `op`, whose operands are outputs (rows, ...), targets and the step block: means over the rows.
// classIndices: targets are one i32 per row; otherwise f32 in the shape of the outputs.
std::vector<double> rowMeans(const OpDef& op, const Attrs& attrs, bool classIndices, const Shape& shape,
                             std::span<const double> outputs, std::span<const double> targets);

}  // namespace tandem
