// Plain text from a file, in the one form that all texts have.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace tandem {

constexpr std::size_t kMaxTextBytes = 64u << 20;  // of a text that is one sample

// The text of `bytes`: valid UTF-8 with composed letters (utf8.h), without a byte order mark, and with lines that end in
// "\n". encoding: as decodeText() has it. partial: more follows; at the end, the beginning of a character, or of a line if
// there are several, is left out. Errors: empty, not in this encoding (with the line), not a text.
Result<std::string> plainText(std::string bytes, const std::string& encoding, const std::string& where,
                              bool partial = false);

// The same of a file, perhaps compressed with gzip. An Error if it has more than `limit` bytes; with `partial`, only so
// many are read, and it receives whether there are more.
Result<std::string> readPlainText(const std::filesystem::path& file, const std::string& encoding,
                                  std::size_t limit, bool* partial = nullptr);

}  // namespace tandem
