// normalize: converts image bytes to normalized values, so that batches are transferred as bytes and
// converted on the device.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 x u8 (n, ..., c), 1 step block. Result: y like x in f32, bf16 or f16: x * scale + shift by
// channel, and 0 in rows >= validRows. Kernels round both the product and the sum to f32, as the loader does
// (core/data/dataset.cpp), so that a run does not depend on which of them normalizes.
extern const OpDef normalize;

struct NormalizeAttrs {
  static constexpr std::size_t kMaxChannels = 4;  // grey, grey and alpha, RGB, RGBA

  std::vector<float> scale, shift;  // one per channel, or a single one for all
  DType result = DType::F32;

  static Result<NormalizeAttrs> from(const Attrs& attrs);  // keys "scale", "shift", "result"
  Attrs attrs() const;
};

}  // namespace tandem::ops
