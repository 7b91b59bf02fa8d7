// Lowering of the layers that merge their inputs element by element, which differ only in the function.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/layers/common.h"
#include "core/ops/add.h"
#include "core/ops/broadcast.h"
#include "core/ops/combine.h"
#include "core/ops/reshape.h"

namespace tandem::layers {

// (N, ...) -> (N, 1, ..., ...) of this rank, as Keras aligns inputs of different ranks: a vector has one value per channel
// of an image.
inline Result<ValueId> withRank(LowerContext& context, ValueId input, int rank) {
  const Shape sample = context.shape(input).withoutFirst();
  if (sample.rank() + 1 == rank) return input;
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank - 1 - sample.rank()), 1);
  dims.insert(dims.end(), sample.dims().begin(), sample.dims().end());
  return context.op(ops::reshape, {{"shape", std::move(dims)}}, {input});
}

// f(... f(f(input 0, input 1), input 2) ...) * factor. Extents of 1 are repeated.
inline Result<ValueId> merged(LowerContext& context, std::span<const ValueId> inputs, CombineKind kind,
                              double factor = 1) {
  int rank = 0;
  for (const ValueId input : inputs) rank = std::max(rank, context.shape(input).rank());
  TANDEM_ASSIGN(ValueId result, withRank(context, inputs[0], rank));
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    TANDEM_ASSIGN(const ValueId next, withRank(context, inputs[i], rank));
    if (!ops::broadcastShape(context.shape(result), context.shape(next)).ok())
      return invalid("needs inputs whose sizes are equal or 1 along each axis, but gets " +
                         sampleText(context, i == 1 ? inputs[0] : result) + " and " +
                         sampleText(context, inputs[i]),
                     {}, "Give the branches the same output shape, for instance with a 1 x 1 convolution");
    const double scale = i + 1 == inputs.size() ? factor : 1;
    // A plain sum is a separate op, which other ops absorb.
    if (kind == CombineKind::Add && scale == 1 && context.shape(result) == context.shape(next)) {
      TANDEM_ASSIGN(result, context.op(ops::add, {}, {result, next}));
    } else {
      TANDEM_ASSIGN(result, context.op(ops::combine, ops::CombineAttrs{kind, scale}.attrs(), {result, next}));
    }
  }
  return result;
}

}  // namespace tandem::layers
