// The location of each value of a phase on the device, as region and offset: addresses without memory, so
// that the arithmetic can be tested without a GPU.
#pragma once

#include <cstddef>
#include <vector>

#include "core/runtime/plan.h"

namespace tandem::cuda {

enum class Region : std::uint8_t { None, Parameter, Gradient, Optimizer, State, Slot, Arena };

struct Place {
  Region region = Region::None;
  std::size_t offset = 0;
};

// Slots of the input ring. Two, so that the inputs of the next step are staged and copied while the device
// computes the current one.
inline constexpr int kSessionDepth = 2;

// One slot of the input ring: everything that changes from step to step, so that one copy transfers it:
// the plan's inputs, the step block and the report block, which begins with zeros in training, each aligned to
// kArenaAlignment.
struct SlotLayout {
  std::vector<std::size_t> inputs;  // offsets, in the order of the plan
  std::size_t step = 0, report = 0;
  std::size_t copied = 0;  // bytes that each step copies to the device, with the report block of training
  std::size_t bytes = 0;   // the longer report block of an evaluation ends here
};
SlotLayout slotLayout(const Plan& plan);

// By value of the phase's program; Region::None for unused values, which have no place.
std::vector<Place> places(const PhasePlan& phase, const SlotLayout& slot);

// The largest result of a node, for out-of-memory messages.
struct LargestResult {
  std::string layer;  // empty if the arena is unused
  std::size_t bytes = 0;
};
LargestResult largestResult(const PhasePlan& phase);

}  // namespace tandem::cuda
