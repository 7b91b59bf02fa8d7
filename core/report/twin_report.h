// The record of a twin run as one self-contained HTML page: curves, speed, time by layer, parity, causes,
// environment.
#pragma once

#include <filesystem>
#include <string>

#include "core/twin/twin_record.h"

namespace tandem {

std::string htmlReport(const TwinRecord& record);
Status writeHtmlReport(const TwinRecord& record, const std::filesystem::path& file);

}  // namespace tandem
