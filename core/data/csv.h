// Tables of text: numbers and classes by column. See csv_rows.h for the form of the file.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Parses a whole table in memory. `where` names the file in errors ("file.csv:17: ...").
Result<RawData> parseCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress);

// The form of a table from its start. `partial`: the text does not end where the table ends.
Result<DatasetInfo> probeCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                             bool partial);

}  // namespace tandem
