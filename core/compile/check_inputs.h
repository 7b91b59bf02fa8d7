// Checks that the input layers fit the inputs of the data.
#pragma once

#include <vector>

#include "core/compile/compile.h"

namespace tandem {

// Appends a problem for each input layer that reads no tensor of the data, one that another layer reads, or one of
// another kind or shape. The network has no other problems.
void checkInputs(const Network& network, const Analysis& analysis, const DatasetInfo& data,
                 std::vector<Problem>& problems);

}  // namespace tandem
