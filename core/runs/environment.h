// The environment of a run, recorded to explain why two runs differ.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

// Label and value: machine (its name), processor, cores, memory, system, Tandem's version and commit,
// backends (with the level their kernels were built for) and the versions of the libraries they use.
std::vector<std::pair<std::string, std::string>> environmentFacts();

// The device of a run with the settings that affect its results or its time: "cpu, 2 threads, bf16".
std::string deviceText(const DeviceOptions& options, Backend& backend);

// "Debian GNU/Linux 12 (bookworm), kernel 6.1.0": without loading a backend.
std::string systemText();

// ISO 8601 in UTC, to the second: "2026-11-20T07:30:00Z".
std::string utcNow();

}  // namespace tandem
