// Copies in host memory that would take one core too long.
#pragma once

#include <cstddef>

namespace tandem::cuda {

// The number of threads for a copy on a machine with `cores` cores: one per 256 KiB, at most half the cores,
// since the others load the next batch, and at most eight, which saturate the memory bandwidth.
int copyThreads(std::size_t bytes, unsigned cores);

// memcpy with that number of threads.
void parallelCopy(void* to, const void* from, std::size_t bytes, int threads);

}  // namespace tandem::cuda
