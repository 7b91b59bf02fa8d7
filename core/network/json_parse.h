// JSON text of unknown origin -> nlohmann's values, with limits and Errors instead of exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

using Json = nlohmann::ordered_json;

// Errors (without `where`): not JSON, with line and column; larger than 64 MiB; nested deeper than 16
// levels; more than two million values; a key twice in one object.
Result<Json> parseJson(std::string_view text);

// Text of a file, safe to show: short and on one line.
std::string inQuotes(std::string_view text);

}  // namespace tandem
