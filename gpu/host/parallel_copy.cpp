#include "gpu/host/parallel_copy.h"

#include <algorithm>
#include <cstring>

namespace tandem::cuda {

int copyThreads(std::size_t bytes, unsigned cores) {
  constexpr std::size_t kShare = std::size_t{256} << 10;
  return static_cast<int>(std::clamp<std::size_t>(bytes / kShare, 1, std::clamp(cores / 2, 1u, 8u)));
}

void parallelCopy(void* to, const void* from, std::size_t bytes, int threads) {
  if (threads == 1) {
    std::memcpy(to, from, bytes);
    return;
  }
  const std::size_t share = (bytes / static_cast<std::size_t>(threads) + 63) / 64 * 64;  // whole cache lines
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int i = 0; i < threads; ++i) {
    const std::size_t begin = std::min(bytes, static_cast<std::size_t>(i) * share);
    const std::size_t end = i + 1 == threads ? bytes : std::min(bytes, begin + share);
    std::memcpy(static_cast<std::byte*>(to) + begin, static_cast<const std::byte*>(from) + begin,
                end - begin);
  }
}

}  // namespace tandem::cuda
