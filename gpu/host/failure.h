// The meaning of CUDA error numbers for the user and for the session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem::cuda {

struct FailureKind {
  ErrorCode code = ErrorCode::Unsupported;
  bool sticky = false;  // nothing works on this device until the process is started again
  std::string hint;
};

// number: cudaError_t as an integer (CUDA runtime API, "Error handling").
FailureKind classifyCuda(int number);

// "what: name (description)" with the class and hint of classifyCuda.
Error cudaError(int number, std::string_view what, std::string_view name, std::string_view description);

// The Error for the use of a device after a sticky error.
Error lostDevice(std::string_view device);

// The memory that a session needs: fixedBytes do not depend on the batch, batchBytes grow with it.
struct MemoryNeeds {
  std::size_t fixedBytes = 0, batchBytes = 0;
  std::int64_t batch = 0;
  std::string largestLayer;  // the layer with the largest output; may be empty
  std::size_t largestBytes = 0;
};

// The Error for insufficient memory.
Error outOfMemory(const MemoryNeeds& needed, std::size_t freeBytes, std::string_view device);

}  // namespace tandem::cuda
