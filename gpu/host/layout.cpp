#include "gpu/host/layout.h"

#include "core/ops/op.h"

#include <algorithm>

namespace tandem::cuda {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

std::size_t bytesOf(const PhasePlan& phase, ValueId id) {
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
    case Role::Report:
      return Region::Report;
    case Role::Input:
    case Role::Step:
      return Region::Slot;
    case Role::Temp:
      return Region::Arena;
  }
  return Region::None;
}

}  // namespace

SlotLayout slotLayout(const Plan& plan) {
  SlotLayout slot;
  slot.featureBytes =
      std::max(bytesOf(plan.train, plan.train.features), bytesOf(plan.evaluate, plan.evaluate.features));
  slot.labelBytes =
      std::max(bytesOf(plan.train, plan.train.labels), bytesOf(plan.evaluate, plan.evaluate.labels));
  slot.labels = aligned(slot.featureBytes);
  slot.step = slot.labels + aligned(slot.labelBytes);
  slot.bytes = slot.step + kStepSlots * sizeof(float);
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
    } else if (role == Role::Input) {
      if (owner != phase.features && owner != phase.labels) continue;
      base = owner == phase.labels ? slot.labels : slot.features;
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
