// Reads files up to a size limit, and writes them so that either the old or the new file remains.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

// Returns all bytes of a regular file. Errors: not found, a folder, no permission, more than maxBytes.
Result<std::string> readTextFile(const std::filesystem::path& path, std::uint64_t maxBytes);

// Writes a temporary file in the same folder, fsyncs it, renames it over `path` and fsyncs the folder:
// after a crash or on a full disk, `path` has its old content. Symbolic links are followed, and the
// permissions of an existing file are preserved. The folder must exist.
Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);
// The same for parts that follow each other.
Status writeFileAtomically(const std::filesystem::path& path, std::initializer_list<std::string_view> parts);

// Creates a folder that only this user can enter, with a unique name that begins with `name`, where the system puts
// temporary files. The caller removes it.
Result<std::filesystem::path> makeTemporaryFolder(const std::string& name);

// Returns the Error for a failed system call on `path`: "disk full", "permission denied", ...
Error fileError(const std::filesystem::path& path, std::string_view action, int errnoValue);

}  // namespace tandem
