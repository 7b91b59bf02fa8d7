// What a CUDA error number means for a person and for the session.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem::cuda {

struct FailureKind {
  ErrorCode code = ErrorCode::Unsupported;
  bool sticky = false;  // the context is corrupt: nothing works on this device until the process ends
  std::string hint;
};

// number: cudaError_t as an integer (CUDA runtime API, "Error handling").
FailureKind classifyCuda(int number);

// "what: name (description)" with the class and hint of classifyCuda.
Error cudaError(int number, std::string_view what, std::string_view name, std::string_view description);

// Bytes in words: "12.3 GiB".
std::string bytesText(std::size_t bytes);

// What a session wants to allocate: fixedBytes do not depend on the batch, batchBytes grow with it.
struct MemoryWanted {
  std::size_t fixedBytes = 0, batchBytes = 0;
  std::int64_t batch = 0;
  std::string largestLayer;  // whose result is the largest; empty when there is none
  std::size_t largestBytes = 0;
};

// Memory did not suffice.
Error outOfMemory(const MemoryWanted& wanted, std::size_t freeBytes, std::string_view device);

}  // namespace tandem::cuda
