// What a session holds for each step in flight, and for each phase of its plan.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "gpu/host/layout.h"
#include "gpu/kernel.h"

namespace tandem::cuda {

// One slot of the input ring.
struct Slot {
  PinnedBuffer staging;  // as host/layout.h says; the report returns to its place
  DeviceBuffer device;
  Event copied;
  std::array<Event, 2> done;      // polled, blocking (host/wait_mode.h)
  bool blocks = false;            // which of them the last step recorded
  std::vector<Event> timers;      // when profiling: before each kernel and after the last
  std::array<Event, 2> transfer;  // when profiling: around the copy to the device
  Phase phase = Phase::Train;
  bool timed = false;

  cudaEvent_t end() const { return done[blocks ? 1 : 0].get(); }
};

// One phase of the plan: the kernels, their operands per slot, and a captured graph per slot.
struct Pass {
  struct Call {
    std::unique_ptr<Kernel> kernel;
    std::int32_t node = 0;
    std::size_t inputs = 0, outputs = 0;
    std::array<std::vector<void*>, kSessionDepth> operands;  // inputs, then outputs
    void* workspace = nullptr;

    Operands at(int slot) const {
      void* const* list = operands[static_cast<std::size_t>(slot)].data();
      return {list, list + inputs, workspace};
    }
  };
  const PhasePlan* plan = nullptr;
  std::vector<Place> places;  // by value
  std::vector<Call> calls;
  std::array<GraphExec, kSessionDepth> graphs;
  // The same with an event around each kernel; captured when a step is profiled for the first time.
  std::array<std::optional<GraphExec>, kSessionDepth> timedGraphs;
  int lastSlot = 0;
};

}  // namespace tandem::cuda
