#pragma once

#include <atomic>
#include <memory>

#include "core/runtime/backend.h"

namespace tandem::cuda {

// What sessions and the backend share about one device.
struct DeviceState {
  int ordinal = 0;
  std::string id;                // "cuda:0"
  std::size_t contextBytes = 0;  // taken by the driver's context; 0 when it could not be measured
  std::atomic<bool> lost{false};
  std::atomic<int> sessions{0};  // open ones; a lost device is reset once there is none
};

// Allocates all memory of the plan, builds its kernels, tries each once and captures the passes.
Result<std::unique_ptr<Session>> openSession(std::shared_ptr<const Plan> plan, DeviceState& device);

}  // namespace tandem::cuda
