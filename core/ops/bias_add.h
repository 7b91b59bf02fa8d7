// bias_add: y = x + b, b broadcast over all but the last axis.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: x (..., c), bias b (c). Result: (..., c).
extern const OpDef bias_add;

struct BiasAddIn {
  enum : std::uint8_t { kX, kBias };
};

}  // namespace tandem::ops
