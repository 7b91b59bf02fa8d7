// Where each value of a phase lies on the device, as region and offset: addresses without memory, so
// that the arithmetic is tested without a GPU.
#pragma once

#include <cstddef>
#include <vector>

#include "core/runtime/plan.h"

namespace tandem::cuda {

enum class Region : std::uint8_t { None, Parameter, Gradient, Optimizer, State, Report, Slot, Arena };

struct Place {
  Region region = Region::None;
  std::size_t offset = 0;
};

// Slots of the input ring. Two: while the device computes one step, the next one's inputs are staged and
// copied.
inline constexpr int kSessionDepth = 2;

// One slot of the input ring: everything that changes from step to step, so that it travels in one
// copy: features (bytes or numbers), labels, step block, each aligned to kArenaAlignment.
struct SlotLayout {
  std::size_t features = 0, labels = 0, step = 0, bytes = 0;
  std::size_t featureBytes = 0, labelBytes = 0;
};
SlotLayout slotLayout(const Plan& plan);

// By value of the phase's program; Region::None for values without a place (nobody uses them).
std::vector<Place> places(const PhasePlan& phase, const SlotLayout& slot);

// The largest result of one node, for who asks what takes the memory.
struct LargestResult {
  std::string layer;  // empty when nothing has a place in the arena
  std::size_t bytes = 0;
};
LargestResult largestResult(const PhasePlan& phase);

}  // namespace tandem::cuda
