// Base64 (RFC 4648, with padding), for binary columns in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem {

std::string toBase64(std::string_view bytes);
// nullopt if the text is not valid base64.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace tandem
