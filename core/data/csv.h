// Text tables with columns of numbers, categories and classes. See csv_rows.h for the syntax, csv_dialect.h for the
// layout and csv_number.h for the numbers; each is decided once for the whole file.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Parses a complete table in memory and reads the images that it names, relative to the folder of `where`, which also
// names the file in errors ("file.csv:17: ...").
Result<RawData> parseCsv(std::string bytes, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress);

// The structure of a table from its start; images are not read. `partial`: the table continues after the text. `preview`: see probeDataset().
Result<DatasetInfo> probeCsv(std::string bytes, const DataSpec& spec, const std::string& where, bool partial,
                             TablePreview* preview = nullptr);

}  // namespace tandem
