// JSON columns of the record. Reading treats the text as hostile: what is missing or of the wrong
// type is left out, an impossible whole is an Error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

std::string slotsToJson(const std::vector<ReportSlot>& slots);
Result<std::vector<ReportSlot>> slotsFromJson(std::string_view text);

std::string profileToJson(const ProfileRecord& profile);
Result<ProfileRecord> profileFromJson(std::string_view text);

using TextPairs = std::vector<std::pair<std::string, std::string>>;
std::string pairsToJson(const TextPairs& pairs);
Result<TextPairs> pairsFromJson(std::string_view text);

}  // namespace tandem
