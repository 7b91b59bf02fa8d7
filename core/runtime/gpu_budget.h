// What a GPU must be able to do, and how much of its memory is reserved for what is not in a plan. For the CUDA backend and
// for forecasts of cards that are not in this machine.
#pragma once

#include <algorithm>
#include <cstddef>

namespace tandem {

inline constexpr int kOldestCapability = 75;  // the lowest compute capability of CUDA 13: 7.5 (Turing)

// What the driver's context and the code of the libraries take until a session has measured it. `major`: of the
// compute capability; the libraries have more code for sm_90 and newer.
inline std::size_t assumedContextBytes(int major) {
  return major >= 9 ? 600'000'000 : 400'000'000;
}

// The largest workspace that a kernel may request on a device with that much memory.
inline std::size_t workspaceLimit(std::size_t totalBytes) {
  return std::min(std::size_t{512} << 20, totalBytes / 16);
}

}  // namespace tandem
