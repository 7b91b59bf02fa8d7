// Work captured as a CUDA graph, which one call launches.
#pragma once

#include <functional>

#include "gpu/raii.h"

namespace tandem::cuda {

// What `enqueue` launches on the stream, without running it.
Result<GraphExec> captureGraph(cudaStream_t stream, const std::function<Status()>& enqueue);

}  // namespace tandem::cuda
