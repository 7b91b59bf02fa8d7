// Runs work in a child process because it may crash or hang: the HDF5 library (release 1.10) does both on some
// damaged files, and a user's file must never crash the program.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

using SendBytes = std::function<void(std::string_view)>;

// Runs `work` in a fork of this process and returns what it sent. The child may use the HDF5 layer and
// memory, but nothing that another thread of the parent might have locked. Errors (without `where`): the
// child crashed or threw, sent nothing for `patience`, or sent more than `maxBytes`.
Result<std::string> runIsolated(const std::function<void(const SendBytes&)>& work,
                                std::chrono::seconds patience, std::size_t maxBytes);

}  // namespace tandem
