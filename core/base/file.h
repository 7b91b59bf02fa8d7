// Whole files: bounded reading, and writing that leaves either the old file or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

// All bytes of a regular file. Errors: not there, a folder, no permission, more than maxBytes.
Result<std::string> readTextFile(const std::filesystem::path& path, std::uint64_t maxBytes);

// Writes a temporary file in the same folder, fsyncs it, renames it over `path` and fsyncs the folder:
// after a crash or on a full disk, `path` holds its old content. A symbolic link is followed, and the
// permissions of an existing file are kept. The folder must exist.
Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

// "disk full", "permission denied", ...: an Error for a failed system call on `path`.
Error fileError(const std::filesystem::path& path, std::string_view action, int errnoValue);

}  // namespace tandem
