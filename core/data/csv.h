// Text tables with numeric and class columns. See csv_rows.h for the file syntax.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Parses a complete table in memory. `where` names the file in errors ("file.csv:17: ...").
Result<RawData> parseCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress);

// The structure of a table from its start. `partial`: the table continues after the text.
Result<DatasetInfo> probeCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                             bool partial);

}  // namespace tandem
