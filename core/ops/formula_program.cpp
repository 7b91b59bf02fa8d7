#include "core/ops/formula_program.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace tandem {
namespace {

Error tooLarge(int most, std::string_view what) {
  return invalid(
      fmt::format("the formula or a derivative of it is too long: it needs more than {} {}", most, what), {},
      "Divide it between two formula layers");
}

}  // namespace

Result<FormulaProgram> FormulaProgram::of(const Formula& formula) {
  const std::vector<Formula::Node>& nodes = formula.nodes();
  const int count = static_cast<int>(nodes.size());
  if (count > Formula::kMaxNodes) return tooLarge(Formula::kMaxNodes, "operations");
  std::vector<int> lastUse(nodes.size(), count);
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  for (int i = 0; i < count; ++i) {
    if (formulaArity(nodes[at(i)].code) == 0) continue;
    for (const int from : {nodes[at(i)].a, nodes[at(i)].b, nodes[at(i)].c})
      if (from >= 0) lastUse[at(from)] = i;
  }
  FormulaProgram program;
  program.count = count;
  int constants = 0;
  std::vector<int> slots(nodes.size(), -1);
  std::vector<bool> used(kMaxSlots, false);
  const auto slotOf = [&](int node) { return static_cast<std::uint8_t>(node < 0 ? 0 : slots[at(node)]); };
  for (int i = 0; i < count; ++i) {
    const Formula::Node& node = nodes[at(i)];
    FormulaInstruction& step = program.code[i];
    step.code = node.code;
    if (node.code == FormulaCode::Constant) {
      if (constants == Formula::kMaxConstants) return tooLarge(Formula::kMaxConstants, "constants");
      step.a = static_cast<std::uint8_t>(constants);
      program.constants[constants++] = static_cast<float>(node.value);
    } else if (node.code == FormulaCode::Operand) {
      step.a = static_cast<std::uint8_t>(node.a);
    } else {
      step.a = slotOf(node.a);
      step.b = slotOf(node.b);
      step.c = slotOf(node.c);
      // The result may take the slot of an operand that nothing reads later.
      for (const int from : {node.a, node.b, node.c})
        if (from >= 0 && lastUse[at(from)] == i) used[at(slots[at(from)])] = false;
    }
    const auto free = std::ranges::find(used, false);
    if (free == used.end()) return tooLarge(kMaxSlots, "intermediate values");
    slots[at(i)] = static_cast<int>(free - used.begin());
    *free = true;
    step.to = static_cast<std::uint8_t>(slots[at(i)]);
    program.slots = std::max(program.slots, slots[at(i)] + 1);
  }
  return program;
}

FormulaAxes FormulaAxes::of(const Shape& result, std::span<const TensorType> operands) {
  FormulaAxes axes;
  axes.operands = static_cast<int>(operands.size());
  for (int i = 0; i < result.rank(); ++i) {
    if (result[i] == 1) continue;
    std::int64_t strides[Formula::kMaxOperands] = {};
    bool alike = axes.count > 0;
    for (int k = 0; k < axes.operands; ++k) {
      const Shape& shape = operands[static_cast<std::size_t>(k)].shape;
      const int axis = i - (result.rank() - shape.rank());
      if (axis >= 0 && shape[axis] != 1) {
        strides[k] = 1;
        for (int inner = axis + 1; inner < shape.rank(); ++inner) strides[k] *= shape[inner];
      }
      alike = alike && axes.stride[k][axes.count - 1] == strides[k] * result[i];
    }
    const int to = alike ? axes.count - 1 : axes.count++;
    axes.extent[to] = (alike ? axes.extent[to] : 1) * result[i];
    for (int k = 0; k < axes.operands; ++k) axes.stride[k][to] = strides[k];
  }
  return axes;
}

bool FormulaAxes::whole(int operand) const {
  std::int64_t distance = 1;
  for (int i = count - 1; i >= 0; --i) {
    if (stride[operand][i] != distance) return false;
    distance *= extent[i];
  }
  return true;
}

}  // namespace tandem
