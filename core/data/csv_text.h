// The bytes of a text file as UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

// Converts `bytes` to UTF-8 where necessary and returns the text without a byte order mark; it refers to `bytes`.
// `encoding` is a name that iconv knows; if it is empty the text is UTF-8, or UTF-16 if it begins with that byte order
// mark. `partial`: the file continues, so an incomplete last line is left out. Errors: empty, not in this encoding
// (with the line), an unknown encoding, not a text file.
Result<std::string_view> decodeText(std::string& bytes, const std::string& encoding, const std::string& where,
                                    bool partial = false);

}  // namespace tandem
