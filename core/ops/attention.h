// attention: y = softmax(scale q k^T) v for each head of each sample (scaled dot-product attention, Vaswani et al. 2017).
//   inputs   0 q (batch, queries, heads * size), 1 k and 2 v (batch, keys, kv_heads * size),
//            3 lengths, i32 (batch), optional: the number of valid keys; later ones are padding and have no influence
//   outputs  0 y, like q, 1 lse (batch, heads, queries), f32: the logarithm of the sum of the exponentials of a row
// Attributes: "heads" (1); "kv_heads" (heads): a divisor of heads, each of which serves heads / kv_heads of them (grouped
// queries, Ainslie et al. 2023); "causal" (0): query t sees the keys 0 to t only; "scale" (1 / sqrt(size)).
// A row without a key is 0, and so is its lse.
// No kernel stores all scores: it computes them in tiles, and the gradient computes them again (Rabe & Staats 2021, Dao et
// al. 2022).
#pragma once

#include <algorithm>

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef attention;

struct AttentionGeometry {
  std::int64_t batch = 0, queries = 0, keys = 0;
  std::int64_t heads = 1, kvHeads = 1, size = 0;
  bool causal = false;
  double scale = 1;

  std::int64_t width() const { return heads * size; }      // of a row of q
  std::int64_t kvWidth() const { return kvHeads * size; }  // of a row of k and v
  std::int64_t group() const { return heads / kvHeads; }   // the number of heads that share keys
  // The number of keys that a query sees, of the first `length` of them.
  std::int64_t limit(std::int64_t query, std::int64_t length) const {
    return causal ? std::min(query + 1, length) : length;
  }
  // Of a sample, from the number in the operand.
  std::int64_t length(std::int64_t given) const { return std::clamp<std::int64_t>(given, 0, keys); }
  // The number of scores of all heads and samples, if there is no padding.
  double scores() const;

  static Result<AttentionGeometry> from(const Attrs& attrs, const Shape& q, const Shape& k, const Shape& v);
};

}  // namespace tandem::ops
