// The only code that launches kernels. For .cu files.
#pragma once

#include <cstdint>
#include <type_traits>

#include "gpu/check.h"

namespace tandem::cuda {

template <class... Parameters>
Status launch(std::string_view name, void (*kernel)(Parameters...), dim3 grid, dim3 block,
              cudaStream_t stream, std::type_identity_t<Parameters>... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  return check(cudaLaunchKernelEx(&config, kernel, arguments...), name);
}

constexpr unsigned kThreads = 256;

// The number of blocks of kThreads that gives each of n items a thread.
inline dim3 blocksFor(std::int64_t n) {
  return dim3(static_cast<unsigned>((n + kThreads - 1) / kThreads));
}

inline bool aligned16(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) % 16 == 0;
}

}  // namespace tandem::cuda
