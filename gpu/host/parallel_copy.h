// Copies in the memory of the host that one core would take too long for.
#pragma once

#include <cstddef>

namespace tandem::cuda {

// How many threads a copy is worth on a machine of so many cores: one for each quarter of a MiB, at most half
// the cores, since the others load the next batch, and at most eight, which use up what memory gives.
int copyThreads(std::size_t bytes, unsigned cores);

// As memcpy, by so many threads.
void parallelCopy(void* to, const void* from, std::size_t bytes, int threads);

}  // namespace tandem::cuda
