// Reads the rows of a long CSV text on several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/data/csv_rows.h"
#include "core/data/dataset.h"

namespace tandem {

struct CsvChunk {
  std::string_view text;  // whole rows
  std::int64_t firstLine = 1;
  std::int64_t maxRows = 0;  // it contains at most this many
};

// Cuts the text, which begins in this line, between rows into chunks of similar size; at least one.
std::vector<CsvChunk> cutIntoChunks(std::string_view text, CsvSyntax syntax, std::int64_t firstLine = 1);

// Calls visit(i) for each chunk in any order on several threads, and reports progress between `from` and `to` on the
// calling thread. Returns the Error of the first chunk that has one, as if the chunks were read in order. Exceptions
// are passed on.
Status forEachChunk(const std::vector<CsvChunk>& chunks, const LoadProgress& progress, double from, double to,
                    const std::function<Status(std::size_t)>& visit);

}  // namespace tandem
