// A formula as instructions on a few numbered slots, in the form that the kernels of every device read.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/base/result.h"
#include "core/ops/formula_graph.h"
#include "core/tensor/tensor.h"

namespace tandem {

// Slot `to` becomes the value of the code of the slots a, b, c; of operand a; or of constant a.
struct FormulaInstruction {
  FormulaCode code = FormulaCode::Constant;
  std::uint8_t to = 0, a = 0, b = 0, c = 0;
};

struct FormulaProgram {
  static constexpr int kMaxSlots = 96;

  int count = 0, slots = 0;
  FormulaInstruction code[Formula::kMaxNodes] = {};  // the last one writes the result
  float constants[Formula::kMaxConstants] = {};

  // Errors: the formula is too large.
  static Result<FormulaProgram> of(const Formula& formula);
};

// How the operands are read: axes of the result in row-major order, with the distance of neighbors in each operand, 0 if
// it is repeated. Operands are aligned at the last axis. Adjacent axes that all operands store alike are one.
struct FormulaAxes {
  int count = 0, operands = 0;
  std::int64_t extent[Shape::kMaxRank] = {};
  std::int64_t stride[Formula::kMaxOperands][Shape::kMaxRank] = {};

  static FormulaAxes of(const Shape& result, std::span<const TensorType> operands);
  // Whether the operand has the shape of the result.
  bool whole(int operand) const;

  // Where the element with this index is in the operand.
  template <class Index>
  TANDEM_HD std::int64_t at(int operand, Index index) const {
    std::int64_t offset = 0;
    for (int i = count - 1; i >= 0; --i) {
      const auto length = static_cast<Index>(extent[i]);
      const Index rest = index / length;
      offset += static_cast<std::int64_t>(index - rest * length) * stride[operand][i];
      index = rest;
    }
    return offset;
  }
};

}  // namespace tandem
