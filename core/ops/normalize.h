// normalize: numbers from the bytes of images, so that batches travel as bytes and become numbers on the
// device.
#pragma once

#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 x u8 (n, ..., c), 1 step block. Result: y like x in f32, bf16 or f16: x * scale + shift by
// channel, and 0 in rows from validRows on. Kernels round the product and the sum to f32 each, as the loader
// does where it normalizes (core/data/dataset.cpp), so that it does not matter to a run who did.
extern const OpDef normalize;

struct NormalizeAttrs {
  static constexpr std::size_t kMostChannels = 4;  // grey, grey and alpha, RGB, RGBA

  std::vector<float> scale, shift;  // by channel, or one of each for all
  DType result = DType::F32;

  static Result<NormalizeAttrs> from(const Attrs& attrs);  // keys "scale", "shift", "result"
  Attrs attrs() const;
};

}  // namespace tandem::ops
