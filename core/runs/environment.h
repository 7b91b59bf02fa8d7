// The environment of a run, recorded to explain why two runs differ.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tandem {

// Label and value: machine (its name), processor, cores, memory, system, Tandem's version and commit,
// backends (with the level their kernels were built for) and the versions of the libraries they use.
std::vector<std::pair<std::string, std::string>> environmentFacts();

// "Debian GNU/Linux 12 (bookworm), kernel 6.1.0": without loading a backend.
std::string systemText();

// ISO 8601 in UTC, to the second: "2026-11-20T07:30:00Z".
std::string utcNow();

}  // namespace tandem
