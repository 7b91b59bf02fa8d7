// dropout: y = x * mask / (1 - rate). The mask is a function of (seed, stream, step, element) alone, so
// that it is the same on every device and needs no storage: the backward pass recomputes it.
#pragma once

#include "core/base/philox.h"
#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 x, 1 step block. Result: same type as x. Its gradient is the same op on dy.
extern const OpDef dropout;

struct DropoutAttrs {
  float rate = 0;            // in [0, 1): the fraction that becomes 0
  std::uint64_t seed = 0;    // key of the random numbers
  std::uint64_t stream = 0;  // index of the dropout layer in the network

  static Result<DropoutAttrs> from(const Attrs& attrs);  // keys "rate", "seed", "stream"
  Attrs attrs() const;
};

// Random bits for elements 4 * block to 4 * block + 3 in the given step. The low half of the counter consists
// of the step (upper 32 bits) and the block (lower 32 bits): up to 2^34 elements and 2^32 steps without
// repetition.
TANDEM_HD inline Philox4 dropoutBits(const DropoutAttrs& a, std::uint64_t step, std::uint64_t block) {
  return philox(a.seed, static_cast<std::uint64_t>(RandomStream::Dropout) + a.stream, (step << 32) + block);
}

TANDEM_HD inline bool dropoutKeeps(const DropoutAttrs& a, std::uint32_t bits) {
  return uniform01(bits) >= a.rate;
}

// A sample of an op with the operands of dropout.
Sample dropoutSample(std::string name, Attrs attrs, Shape shape, bool perf = false);

}  // namespace tandem::ops
