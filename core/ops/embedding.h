// embedding: y = table[token], a row of the table for each token.
//   inputs   0 tokens, i32 (batch) or (batch, steps), 1 table (vocabulary, units)
//   outputs  0 y (tokens..., units), of the type of the table
// A token outside of the vocabulary gives a row of NaN, so that it is noticed, and no gradient.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef embedding;

// The common view of embedding and its gradient: all tokens in one list.
struct EmbeddingGeometry {
  std::int64_t tokens = 0, vocabulary = 0, units = 0;

  static Result<EmbeddingGeometry> from(const TensorType& tokens, const Shape& table);
};

}  // namespace tandem::ops
