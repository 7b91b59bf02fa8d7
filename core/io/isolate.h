// Work that may crash or never end, done in a child process: the HDF5 library does both on some damaged
// files (release 1.10), and a person's file must never take the program down.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

using SendBytes = std::function<void(std::string_view)>;

// Runs `work` in a copy of this process and returns what it sent. The child may use the HDF5 layer and
// memory, nothing that another thread of the parent might have locked. Errors (without `where`): the child
// crashed or threw, sent nothing for `patience`, or sent more than `most` bytes.
Result<std::string> runIsolated(const std::function<void(const SendBytes&)>& work,
                                std::chrono::seconds patience, std::size_t most);

}  // namespace tandem
