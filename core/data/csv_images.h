// The images that a table names.
#pragma once

#include <string>

#include "core/data/csv_table.h"

namespace tandem {

// Decodes the images into the inputs of the data that have the names of their columns; everything else has been read.
// With spec.skipDamaged, rows with an image that cannot be read are removed from all tensors and noted; otherwise they
// are an Error that names the lines. `where` is the file of the table.
Status readImages(const CsvImages& images, const DataSpec& spec, const std::string& where, RawData& raw,
                  const LoadProgress& progress);

}  // namespace tandem
