// Time stamps as texts, to compare them.
#pragma once

#include <optional>
#include <string_view>

namespace tandem {

// Seconds since 1970 of a date, perhaps with a time: "2024-01-31", "2024/01/31 14:05", "2024-01-31T14:05:10.25+02:00",
// "31.01.2024 14:05". nullopt for any other text, also for "01/02/2024", of which the month is unclear.
std::optional<double> timeOf(std::string_view text);

}  // namespace tandem
