// Runs the blocks of a kernel, one after the other, on the calling thread.
#pragma once

#include <string>

#include "tests/gpu_stand_in/launch.h"

namespace tandem::stand_in {

// Returns an empty string, or a description of what the kernel did that a GPU does not allow. The order of
// threads between two barriers changes from call to call, so that a missing barrier is detected.
std::string runGrid(dim3 grid, dim3 block, const ThreadBody& body);

}  // namespace tandem::stand_in
