// How much of a device's memory is reserved for what is not in a plan.
#pragma once

#include <algorithm>
#include <cstddef>

namespace tandem::cuda {

// What the driver's context and the code of the libraries take until a session has measured it. `major`: of the
// compute capability; the libraries have more code for sm_90 and newer.
inline std::size_t assumedContextBytes(int major) {
  return major >= 9 ? 600'000'000 : 400'000'000;
}

// The largest workspace that a kernel may request on a device with that much memory.
inline std::size_t workspaceLimit(std::size_t totalBytes) {
  return std::min(std::size_t{512} << 20, totalBytes / 16);
}

}  // namespace tandem::cuda
