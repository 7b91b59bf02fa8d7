// What a run ran on, for its record: enough to explain why two runs differ.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tandem {

// Label and value: processor, cores, memory, system, Tandem's version and commit, backends (with the
// level their kernels were built for) and the versions of the libraries they use.
std::vector<std::pair<std::string, std::string>> environmentFacts();

}  // namespace tandem
