// A twin's record as one HTML page that needs nothing else: curves, speed, time by layer, parity, causes,
// environment.
#pragma once

#include <filesystem>
#include <string>

#include "core/twin/twin_record.h"

namespace tandem {

std::string htmlReport(const TwinRecord& record);
Status writeHtmlReport(const TwinRecord& record, const std::filesystem::path& file);

// What the numbers say, in sentences: which side is faster and by how much, whether they agree, why not.
std::vector<std::string> findings(const TwinRecord& record);

}  // namespace tandem
