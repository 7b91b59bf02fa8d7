#pragma once

#include <string>
#include <string_view>

namespace tandem {

// The position of the first byte sequence that is not valid UTF-8 (RFC 3629); npos if there is none.
std::size_t firstInvalidUtf8(std::string_view text);

// Valid UTF-8 in which letters followed by a combining mark are one character, as most systems write them; macOS writes
// file names in two. This is the normalization form NFC for the marks of Latin, Greek and Cyrillic letters (U+0300 to
// U+036F), so that names can be compared byte by byte.
std::string composed(std::string text);
// Whether composed() may change the text.
bool hasMarks(std::string_view text);

}  // namespace tandem
