#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "core/runtime/backend.h"

namespace tandem::cuda {

// The state of one device, shared by its sessions and the backend.
struct DeviceState {
  int ordinal = 0;
  std::string id;                // "cuda:0"
  std::size_t contextBytes = 0;  // used by the driver's context; 0 if it could not be measured
  std::atomic<std::size_t> withLibraries{
      0};                         // the same with what the libraries took in a session; 0: not measured
  std::atomic<bool> lost{false};  // for the rest of the process
  std::mutex opening;             // so that withLibraries does not contain the memory of another session
};

// Allocates all memory of the plan, creates its kernels, runs each once and captures the passes.
Result<std::unique_ptr<Session>> openSession(std::shared_ptr<const Plan> plan, DeviceState& device,
                                             const Cancelled& cancelled);

}  // namespace tandem::cuda
