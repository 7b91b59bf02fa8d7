#include "gpu/host/layout.h"

#include "core/ops/op.h"

#include <algorithm>

namespace tandem::cuda {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

// Of an input; a plan for inference has no training phase.
std::size_t bytesOf(const PhasePlan& phase, std::size_t input) {
  const ValueId id = input < phase.inputs.size() ? phase.inputs[input].value : kNoValue;
  return id == kNoValue ? 0 : phase.program.type(id).bytes();
}

Region regionOf(Role role) {
  switch (role) {
    case Role::Parameter:
      return Region::Parameter;
    case Role::Gradient:
      return Region::Gradient;
    case Role::Optimizer:
      return Region::Optimizer;
    case Role::State:
      return Region::State;
    case Role::Input:
    case Role::Step:
    case Role::Report:
      return Region::Slot;
    case Role::Temp:
      return Region::Arena;
  }
  return Region::None;
}

}  // namespace

SlotLayout slotLayout(const Plan& plan) {
  SlotLayout slot;
  for (std::size_t i = 0; i < plan.inputs().size(); ++i) {
    slot.inputs.push_back(slot.step);
    slot.step += aligned(std::max(bytesOf(plan.train, i), bytesOf(plan.evaluate, i)));
  }
  const std::size_t stepEnd = slot.step + kStepSlots * sizeof(float);
  slot.report = aligned(stepEnd);
  slot.bytes = slot.report + plan.reportBytes();
  slot.copied = plan.train.reportValues > 0 ? slot.report + plan.train.reportValues * sizeof(float) : stepEnd;
  return slot;
}

std::vector<Place> places(const PhasePlan& phase, const SlotLayout& slot) {
  const Program& program = phase.program;
  std::vector<Place> list(program.values.size());
  for (std::size_t id = 0; id < list.size(); ++id) {
    const auto [owner, offset] = program.storage(static_cast<ValueId>(id));
    const Role role = program.value(owner).role;
    std::size_t base = 0;
    if (role == Role::Temp) {
      base = phase.arenaOffset[static_cast<std::size_t>(owner)];
      if (base == kNotInArena) continue;
    } else if (role == Role::Step) {
      base = slot.step;
    } else if (role == Role::Report) {
      base = slot.report;
    } else if (role == Role::Input) {
      const auto input = std::ranges::find(phase.inputs, owner, &PlanInput::value);
      if (input == phase.inputs.end()) continue;
      base = slot.inputs[static_cast<std::size_t>(input - phase.inputs.begin())];
    }
    list[id] = {regionOf(role), base + offset};
  }
  return list;
}

LargestResult largestResult(const PhasePlan& phase) {
  LargestResult largest;
  const Program& program = phase.program;
  for (const Node& node : program.nodes)
    for (const ValueId id : node.outputs) {
      if (id == kNoValue || node.layer < 0 || node.op->view) continue;
      if (phase.arenaOffset[static_cast<std::size_t>(id)] == kNotInArena) continue;
      if (program.type(id).bytes() > largest.bytes)
        largest = {program.layers[static_cast<std::size_t>(node.layer)], program.type(id).bytes()};
    }
  return largest;
}

}  // namespace tandem::cuda
