// affine: y = x * scale + offset with constant numbers, one for each channel or one for all.
#pragma once

#include <vector>

#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x. Result: same type.
extern const OpDef affine;

struct AffineAttrs {
  static constexpr std::int64_t kMaxChannels = 384;  // of lists, which a GPU kernel receives as arguments

  std::vector<double> scale, offset;  // equally long: 1, or the channels of x

  static Result<AffineAttrs> from(const Attrs& attrs, const Shape& x);  // keys "scale", "offset"
};

}  // namespace tandem::ops
