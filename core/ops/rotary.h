// rotary: turns pairs of features by an angle that grows with the step, so that products of queries and keys depend on their
// distance only (RoPE, Su et al. 2021).
//   inputs   0 x (batch, steps, heads * size)
//   outputs  0 y, like x
// Attributes: "heads" (1), "base" (10000), "inverse" (0): turns back, which is the gradient.
// Features i and i + size / 2 of a head are a pair, as in GPT-NeoX and Llama (in the paper, 2 i and 2 i + 1 are). At step t
// it is turned by the angle t * base^(-2 i / size).
#pragma once

#include <vector>

#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef rotary;

struct RotaryGeometry {
  std::int64_t batch = 0, steps = 0, heads = 1, size = 0;
  double base = 10000;
  bool inverse = false;

  std::int64_t pairs() const { return size / 2; }  // of a head
  double angle(std::int64_t step, std::int64_t pair) const;

  static Result<RotaryGeometry> from(const Attrs& attrs, const Shape& x);
};

}  // namespace tandem::ops
