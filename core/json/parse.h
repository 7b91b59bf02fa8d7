// Parses untrusted JSON text into nlohmann values, with limits and with Errors instead of exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t bytes = 64u << 20;
  std::size_t values = 2'000'000;  // 10,000 layers need a tenth of this
};

// Errors (without `where`): not JSON, with line and column; limits exceeded; nested deeper than 16
// levels; a duplicate key in one object.
Result<Json> parseJson(std::string_view text, JsonLimits limits = {});

// Text from a file made safe to display: short and on one line.
std::string inQuotes(std::string_view text);

}  // namespace tandem
