// JSON columns of the record. Readers treat the text as untrusted.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

std::string slotsToJson(const std::vector<ReportSlot>& slots);
Result<std::vector<ReportSlot>> slotsFromJson(std::string_view text);
// Whether it has a name, and two to 256 classes with names of bounded length.
bool isValid(const ReportMatrix& matrix);
std::string matricesToJson(const std::vector<ReportMatrix>& matrices);
Result<std::vector<ReportMatrix>> matricesFromJson(std::string_view text);

std::string profileToJson(const ProfileRecord& profile);
Result<ProfileRecord> profileFromJson(std::string_view text);

using TextPairs = std::vector<std::pair<std::string, std::string>>;
std::string pairsToJson(const TextPairs& pairs);
Result<TextPairs> pairsFromJson(std::string_view text);

std::string tagsToJson(const std::vector<std::string>& tags);
Result<std::vector<std::string>> tagsFromJson(std::string_view text);

}  // namespace tandem
