#pragma once

#include <string_view>

namespace tandem {

// The position of the first byte sequence that is not valid UTF-8 (RFC 3629); npos if there is none.
std::size_t firstInvalidUtf8(std::string_view text);

}  // namespace tandem
