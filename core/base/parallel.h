// parallelFor splits [0, n) among the calling thread's OpenMP team. It uses OpenMP because oneDNN uses the
// same runtime: each trainer has one set of worker threads instead of two that compete for the cores.
#pragma once

#include <algorithm>
#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace tandem {

// Calls body(begin, end) for at most `threads` contiguous ranges that cover [0, n). Ranges are the
// same for the same (threads, n, grain), so results do not depend on timing. A range of fewer than `grain`
// items is not worth a thread. body must not throw.
template <class Body>
void parallelFor(int threads, std::int64_t n, std::int64_t grain, const Body& body) {
  if (n <= 0) return;
  const std::int64_t useful = std::max<std::int64_t>(1, n / std::max<std::int64_t>(1, grain));
  const int parts = static_cast<int>(std::min<std::int64_t>(threads, useful));
  if (parts <= 1) {
    body(std::int64_t{0}, n);
    return;
  }
#if defined(_OPENMP)
#pragma omp parallel for num_threads(parts) schedule(static, 1)
#endif
  for (int part = 0; part < parts; ++part) body(n * part / parts, n * (part + 1) / parts);
}

}  // namespace tandem
