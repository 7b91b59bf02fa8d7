// Runs the blocks of a kernel, one after the other, on the calling thread.
#pragma once

#include <string>

#include "tests/gpu_stand_in/launch.h"

namespace tandem::stand_in {

// Empty, or what the kernel did that a GPU does not allow. The order in which threads run between two
// barriers changes from call to call, so that a missing barrier shows.
std::string runGrid(dim3 grid, dim3 block, const ThreadBody& body);

}  // namespace tandem::stand_in
