// Series: consecutive rows of a table as samples, in windows or as whole sequences.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/csv_number.h"
#include "core/data/csv_rows.h"
#include "core/data/reader.h"
#include "core/data/spellings.h"

namespace tandem {

// How the rows of a table belong to series. Rows that are skipped, because values are missing, keep their place.
struct SeriesRows {
  std::vector<std::int64_t>
      row;  // of each row of the table: its index among those that were read; -1: skipped
  std::vector<std::int32_t> group;  // of each row: its series; empty: there is only one
  std::vector<std::string> groups;  // the names of the series, in the order in which they begin
  std::vector<double> order;        // of each row; NaN: unknown; empty: not checked
  std::vector<std::int64_t> lines;  // of each row, if there is an order
};

// What was read of some consecutive rows.
struct SeriesPart {
  std::vector<std::uint8_t> complete;
  std::vector<std::int32_t> group;
  Spellings names;  // of the groups, numbered as they begin
  std::vector<double> order;
  std::vector<std::int64_t> lines;
};

// The columns of a table that say how its rows belong to series.
struct SeriesColumns {
  std::optional<std::size_t> group, order;

  // Adds the current row. complete: it is not skipped. Errors: no group; an order that is missing or cannot be compared.
  Status read(const CsvRows& rows, bool complete, const SeriesSpec& spec,
              const std::vector<std::string>& missing, NumberStyle style, SeriesPart& part) const;
};

SeriesRows joined(std::span<const SeriesPart* const> parts);

// Consecutive rows of one series.
struct SeriesSample {
  std::int64_t first = 0;   // its first row, as SeriesLayout::rows counts
  std::int32_t rows = 0;    // how many
  std::int64_t last = 0;    // its last row, of a whole sequence even if that is longer than the steps
  std::int64_t target = 0;  // the first row of its targets; without labels as if the table were longer
  SeriesSpan span;          // with its targets, in the series
};

struct SeriesLayout {
  std::int64_t steps = 0;
  std::vector<std::int64_t>
      rows;  // the rows that were read (SeriesRows::row), with those of a series together
  std::vector<std::int64_t> lengths;  // of each series, with the rows that are skipped
  std::vector<SeriesSample> samples;
  std::vector<std::string> notes;
};

// Chooses the samples. Without labels, the targets need not be in the table, and the last window of a series ends with
// its last row. Windows and sequences with rows that are skipped are left out. Errors: an order that decreases, with its
// line; no series is long enough.
Result<SeriesLayout> layOutSeries(const SeriesRows& rows, const SeriesSpec& spec, bool labelled,
                                  const std::string& where);

// An Error unless the settings fit together; the columns exist.
Status checkSeries(const SeriesSpec& spec, const std::string& where);

// Makes the samples of a table, whose values were read row by row and whose fields are seriesFields(), those of a series.
Status makeSeries(const SeriesRows& rows, const SeriesSpec& spec, const std::string& where, RawData& raw);

}  // namespace tandem
