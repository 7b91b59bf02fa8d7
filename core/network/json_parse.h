// JSON text of unknown origin -> nlohmann's values, with limits and Errors instead of exceptions.
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

// Errors (without `where`): not JSON, with line and column; beyond the limits; nested deeper than 16
// levels; a key twice in one object.
Result<Json> parseJson(std::string_view text, JsonLimits limits = {});

// Text of a file, safe to show: short and on one line.
std::string inQuotes(std::string_view text);

}  // namespace tandem
