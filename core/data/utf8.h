#pragma once

#include <string_view>

namespace tandem {

// Where the first byte sequence stands that is not UTF-8 (RFC 3629); npos if there is none.
std::size_t firstInvalidUtf8(std::string_view text);

}  // namespace tandem
