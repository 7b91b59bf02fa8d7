// Lists which operands of each op may be in half precision (bf16, fp16), and why the others stay in f32. The
// compiler pass (core/compile/precision.cpp) and the conformance tests use this table. The op's infer()
// derives the result types from the operands.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace tandem {

struct HalfOperands {
  std::string_view op;
  std::vector<int> inputs;  // these become half, all together; empty: the op stays in f32
  bool allInputs = false;   // for ops with any number of inputs
  bool f32Result = false;   // attribute "result" = "f32" requests an f32 result from half operands
  int asResult = -1;        // this input has the type of the result
  bool halfResult = false;  // attribute "result" requests a half result from other operands
  std::string_view why;     // why something stays in f32: sums, statistics or everything

  bool acceptsHalf() const { return allInputs || !inputs.empty(); }
  bool acceptsHalf(std::size_t input, bool inF32 = false) const;  // inF32: an f32 result is requested
};

// The entry of the op, which must exist.
const HalfOperands& halfOperands(const OpDef& op);
std::span<const HalfOperands> allHalfOperands();

}  // namespace tandem
