// The record of a twin run as one self-contained HTML page: curves, speed, time by layer, parity, causes,
// environment.
#pragma once

#include <filesystem>
#include <string>

#include "core/twin/twin_record.h"

namespace tandem {

std::string htmlReport(const TwinRecord& record);
Status writeHtmlReport(const TwinRecord& record, const std::filesystem::path& file);

// The results in sentences: which side is faster and by how much, whether they agree, and if not, why.
std::vector<std::string> findings(const TwinRecord& record);

}  // namespace tandem
