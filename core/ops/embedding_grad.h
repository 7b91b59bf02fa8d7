// embedding_grad: the gradient of embedding with respect to its table: row r is the sum of dy over the tokens r.
//   inputs   0 dy (tokens..., units), 1 tokens, i32
//   outputs  0 dtable (vocabulary, units), f32
// Attribute: "vocabulary". Tokens outside of it are left out. Terms are added in the order of the tokens.
#pragma once

#include "core/ops/embedding.h"

namespace tandem::ops {
extern const OpDef embedding_grad;
}  // namespace tandem::ops
