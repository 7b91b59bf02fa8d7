// Which operands of which op may be in half precision (bf16, fp16), and why the others stay in f32. The one
// table that the compiler's pass (core/compile/precision.cpp) and the conformance tests go by. The types of
// the results follow from the operands by the op's own infer().
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace tandem {

struct HalfOperands {
  std::string_view op;
  std::vector<int> inputs;  // these become half, together; empty: the op stays in f32
  bool allInputs = false;   // of an op with any number of them
  bool f32Result = false;   // attribute "result" = "f32" asks for a result in f32 from half operands
  int asResult = -1;        // this input has the type of the result
  bool halfResult = false;  // attribute "result" asks for a half result of operands that are none
  std::string_view why;     // of what is in f32: sums, statistics or all of it

  bool takesHalf() const { return allInputs || !inputs.empty(); }
  bool takesHalf(std::size_t input, bool inF32 = false) const;  // inF32: the result is asked for in f32
};

// The op's line; TANDEM_CHECKs that there is one.
const HalfOperands& halfOperands(const OpDef& op);
std::span<const HalfOperands> allHalfOperands();

}  // namespace tandem
