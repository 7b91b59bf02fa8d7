// The columns of a CSV table, as the reader sees them: counted first, then decided, then read. Most files are decided as
// their start suggests, so that values are read while columns are counted, and again only if the suggestion was wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/csv_chunks.h"
#include "core/data/csv_dialect.h"
#include "core/data/csv_number.h"
#include "core/data/declared_table.h"
#include "core/data/reader.h"
#include "core/data/series.h"

namespace tandem {

constexpr std::size_t kMaxClasses = 1000;  // values of the target, or of a category that the user has set

struct CsvColumn {
  FieldRole role() const {
    if (target || weight) return target ? FieldRole::Target : FieldRole::Weight;
    if (group || order) return group ? FieldRole::Group : FieldRole::Order;
    return used ? FieldRole::Feature : FieldRole::Ignored;
  }

  // A feature, or a target whose past is one.
  bool isFeature() const { return role() == FieldRole::Feature || past; }

  std::string name;
  bool used = true;
  FieldKind kind = FieldKind::Number;
  bool kindIsSet = false;  // by the user
  bool target = false;
  bool past = false;                    // a target whose values in the window are features
  bool group = false, order = false;    // SeriesSpec::group and order; not used otherwise
  bool weight = false;                  // weights the rows in the training loss
  bool numeric = true;                  // a category whose values are all numbers: 1 and 1.0 are one
  std::vector<std::string> categories;  // in order, once the values are read
  std::vector<std::string> declared;    // all values of a category, in their order; empty: those that occur
  // Counts of all rows.
  std::int64_t numbers = 0, texts = 0, tokens = 0;  // tokens: such as "NA", missing in a column of numbers
  std::int64_t images = 0;                          // the texts that name images
  std::string firstText, firstLookalike, firstToken;
  std::int64_t firstTextLine = 0, firstLookalikeLine = 0, firstTokenLine = 0;
};

// How far the decisions about a table have come.
enum class CsvDecided : std::uint8_t { Nothing, Roles, Kinds };

struct CsvTable {
  std::string where;
  bool partial = false;
  std::vector<DeclaredColumn> declared;  // of a table that declares its columns; empty: they are decided
  CsvDialect dialect;
  CsvDecided decided = CsvDecided::Nothing;
  NumberStyle style;
  std::vector<std::string> missing;  // TableFormat::missing
  // Whether the values of features and of the target are normalized later, so that an offset does not matter.
  bool centreNumbers = true, centreTargets = true;
  std::vector<std::string> unscaled;  // targets that are not
  std::vector<std::string> notes;
  std::vector<CsvColumn> columns;
  std::vector<std::size_t> targets;  // columns, in their order, which is that of the dataset's targets
  bool classes = true;               // targets contain classes unless their kind is set
  SeriesSpec series;
  SeriesColumns seriesColumns;
  std::vector<CsvChunk> chunks;

  // The rows of a chunk, without the header.
  CsvRows rowsOf(std::size_t chunk) const;
  bool hasClasses(const CsvColumn& target) const {
    return target.kindIsSet ? target.kind == FieldKind::Category : classes;
  }
  bool isMissing(const CsvColumn& column, const CsvRows& rows, std::size_t cell) const;
  std::int64_t features() const;
  // Whether the reader may ignore a column, because it is a feature and the user has not set its kind.
  bool isOpen(std::size_t column) const;
  void ignore(std::size_t column, std::string_view reason);
  // Unless it is the only feature or not open.
  void ignoreProse(std::size_t column);
};

// The image files of the rows that are used.
struct CsvImages {
  std::vector<std::string> columns;
  std::vector<std::string> names;   // (rows, columns)
  std::vector<std::int64_t> lines;  // of each row
};

// What was read besides the values.
struct CsvContents {
  CsvSkipped skipped;
  CsvImages images;
  std::vector<RawTexts> texts;
  SeriesRows series;  // if the rows form series
};

// Called for each row of a chunk, in order within the chunk, on any thread. values: of each cell that is a number
// in the usual style, but does not stand for a missing one; else NaN.
using RowVisitor = std::function<void(std::size_t chunk, const CsvRows& row, std::span<const double> values)>;

// Counts what the columns contain, and decides how numbers are written and what kind each column has. Errors name the
// line and the column.
Status countColumns(CsvTable& table, const DataSpec& spec, const LoadProgress& progress,
                    const RowVisitor& visit = {});

// Counts and decides the columns, and reads the values of all complete rows into the inputs and the targets of
// `data`, and the categories of the columns. Images are not read, and
// texts are not yet tokens: their inputs stay empty.
Result<CsvContents> readTable(CsvTable& table, const DataSpec& spec, Dataset& data,
                              const LoadProgress& progress);

}  // namespace tandem
