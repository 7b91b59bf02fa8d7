// Bytes as text (RFC 4648, with padding), for binary columns inside JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem {

std::string toBase64(std::string_view bytes);
// Nothing where the text is not base64.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace tandem
