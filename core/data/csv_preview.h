// Makes the preview of a CSV table from what its reader has decided.
#pragma once

#include <string_view>

#include "core/data/csv_table.h"
#include "core/data/table_preview.h"

namespace tandem {

// `text` is that of the table. Without an Error, `error` is null.
TablePreview previewOf(const CsvTable& table, std::string_view text, const Error* error);

}  // namespace tandem
