#include "core/data/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/data/byte_source.h"
#include "core/data/csv_rows.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxOneHot = 32;
constexpr std::size_t kMaxClasses = 1000;
constexpr std::size_t kProbeBytes = 16u << 20;  // about a tenth of a second
constexpr std::int64_t kReportRows = 4096;

struct Column {
  std::string name;
  bool used = true;
  std::int64_t numbers = 0, texts = 0;  // in the complete rows
  std::string firstText, firstTextPlace;
  // Distinct values, at most `limit` + 1, each with its index once they are sorted.
  std::map<std::string, std::int32_t, std::less<>> values;
  std::size_t limit = kMaxOneHot;

  bool oneHot() const { return texts > 0; }
  std::size_t width() const { return oneHot() ? values.size() : 1; }
};

struct Table {
  std::string_view text;
  std::string where;
  char separator = ',';
  bool partial = false, header = true;
  std::vector<Column> columns;
  std::size_t target = 0;
  bool classes = true;  // the target contains classes
  std::int64_t rows = 0, skipped = 0;
  std::vector<std::int64_t> skippedLines;  // the first of them

  CsvRows scan() const { return CsvRows(text, separator, where, partial); }
};

bool isMissing(std::string_view cell) {
  if (cell.empty() || cell == "?") return true;
  if (cell.size() > 4) return false;
  std::string lower(cell);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "na" || lower == "n/a" || lower == "nan" || lower == "null";
}

Status checkText(std::string_view text, const std::string& where) {
  if (text.empty()) return Error{ErrorCode::Io, "the file is empty", where, {}};
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return invalid("the text is UTF-16", where, "Save it as UTF-8");
  }
  const std::size_t bad = std::min(firstInvalidUtf8(text), text.find('\0'));
  if (bad == std::string_view::npos) return success();
  const auto line = 1 + std::ranges::count(text.substr(0, bad), '\n');
  return invalid(text[bad] == '\0' ? "this is not a text file" : "the text is not UTF-8",
                 fmt::format("{}:{}", where, line), text[bad] == '\0' ? "" : "Save it as UTF-8");
}

std::string columnList(const Table& table) {
  constexpr std::size_t kShown = 12;
  std::string list;
  for (std::size_t c = 0; c < std::min(kShown, table.columns.size()); ++c) {
    list += (c ? ", " : "") + table.columns[c].name;
  }
  return fmt::format("The columns are {}{}", list, table.columns.size() > kShown ? ", ..." : "");
}

Result<std::size_t> findColumn(const Table& table, const std::string& name) {
  const auto at = std::ranges::find(table.columns, name, &Column::name);
  if (at != table.columns.end()) return static_cast<std::size_t>(at - table.columns.begin());
  return invalid(fmt::format("there is no column \"{}\"", name), table.where, columnList(table));
}

// Names the columns. The first row is a header if it contains no number.
Status readHeader(Table& table) {
  CsvRows rows = table.scan();
  TANDEM_ASSIGN(const bool any, rows.next());
  if (!any) return Error{ErrorCode::Io, "there are no data rows", table.where, {}};
  for (const std::string_view cell : rows.cells())
    table.header = table.header && !parseNumber(cell, table.separator);
  std::map<std::string_view, int> seen;
  for (std::size_t c = 0; c < rows.cells().size(); ++c) {
    const std::string_view cell = rows.cells()[c];
    table.columns.emplace_back().name =
        table.header && !cell.empty() ? std::string(cell) : fmt::format("column {}", c + 1);
    if (table.header && !cell.empty() && ++seen[cell] > 1) {
      return invalid(fmt::format("two columns are named \"{}\"", cell), rows.place(),
                     "Rename one, or add a header row if this row is data");
    }
  }
  if (table.columns.size() < 2) {
    return invalid("there is only one column; at least a feature and a target are needed", table.where,
                   "Separate columns with commas, semicolons or tabs");
  }
  return success();
}

Status chooseColumns(Table& table, const DataSpec& spec) {
  table.classes = spec.classification;
  table.target = table.columns.size() - 1;
  if (!spec.target.empty()) {
    TANDEM_ASSIGN(table.target, findColumn(table, spec.target));
  }
  for (const std::string& name : spec.ignore) {
    TANDEM_ASSIGN(const std::size_t c, findColumn(table, name));
    if (c == table.target)
      return invalid(fmt::format("column \"{}\" is both the target and ignored", name), table.where);
    table.columns[c].used = false;
  }
  table.columns[table.target].limit = kMaxClasses;
  if (std::ranges::count(table.columns, true, &Column::used) < 2) {
    return invalid("no feature columns are left", table.where, "Ignore fewer columns");
  }
  return success();
}

void count(Column& column, std::string_view cell, bool number, const CsvRows& rows) {
  ++(number ? column.numbers : column.texts);
  if (!number && column.texts == 1) {
    column.firstText = cell;
    column.firstTextPlace = rows.place();
  }
  if (column.values.size() <= column.limit && column.values.find(cell) == column.values.end()) {
    column.values.emplace(cell, 0);
  }
}

// Calls visit(rows) for every data row; a row of the wrong length is an Error.
template <class Visit>
Status forEachRow(const Table& table, const LoadProgress& progress, double from, double to,
                  const Visit& visit) {
  CsvRows rows = table.scan();
  bool skip = table.header;
  for (std::int64_t r = 0;; ++r) {
    TANDEM_ASSIGN(const bool more, rows.next());
    if (!more) return success();
    if (rows.cells().size() != table.columns.size()) {
      return invalid(
          fmt::format("{} values, but the first row has {}", rows.cells().size(), table.columns.size()),
          rows.place());
    }
    if (!std::exchange(skip, false)) TANDEM_TRY(visit(rows));
    if (r % kReportRows == 0) {
      const double done = static_cast<double>(rows.position()) / static_cast<double>(table.text.size());
      TANDEM_TRY(report(progress, from + (to - from) * done));
    }
  }
}

bool isComplete(const Table& table, const CsvRows& rows) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].used && isMissing(rows.cells()[c])) return false;
  }
  return true;
}

// First pass: determines the type of each column from the rows without missing values.
Status findTypes(Table& table, const LoadProgress& progress) {
  constexpr std::size_t kShown = 20;
  std::vector<std::int64_t> missing(table.columns.size(), 0);
  TANDEM_TRY(forEachRow(table, progress, 0.2, 0.6, [&](const CsvRows& rows) -> Status {
    if (!isComplete(table, rows)) {
      for (std::size_t c = 0; c < missing.size(); ++c) missing[c] += isMissing(rows.cells()[c]);
      if (++table.skipped <= static_cast<std::int64_t>(kShown)) table.skippedLines.push_back(rows.line());
      return success();
    }
    ++table.rows;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      Column& column = table.columns[c];
      const std::string_view cell = rows.cells()[c];
      if (column.used) count(column, cell, parseNumber(cell, table.separator).has_value(), rows);
    }
    return success();
  }));
  if (table.rows > 0) return success();
  if (table.skipped == 0) return Error{ErrorCode::Io, "there are no data rows", table.where, {}};
  std::size_t most = table.target;
  for (std::size_t c = 0; c < missing.size(); ++c) {
    if (table.columns[c].used && missing[c] > missing[most]) most = c;
  }
  return invalid(
      fmt::format("every row has a missing value, most often in column \"{}\"", table.columns[most].name),
      table.where, "Ignore columns that are mostly empty");
}

Status checkTypes(const Table& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    if (!column.used) continue;
    if (c == table.target && table.classes) {
      if (column.values.size() > kMaxClasses) {
        return invalid(
            fmt::format("column \"{}\" has more than {} classes", column.name, kMaxClasses), table.where,
            column.texts == 0 ? "Treat the target as numeric, not as classes" : "Choose another target");
      }
      if (column.values.size() < 2 && !table.partial) {
        return invalid(fmt::format("column \"{}\" has only one class; at least two are needed", column.name),
                       table.where, "Choose another target");
      }
    } else if (column.texts > 0 && (c == table.target || column.numbers > column.texts)) {
      return invalid(fmt::format("\"{}\" in column \"{}\" is not a number", column.firstText, column.name),
                     column.firstTextPlace,
                     c == table.target ? "Choose classification, or another target"
                                       : "Correct the value, clear it, or ignore the column");
    } else if (column.oneHot() && column.values.size() > kMaxOneHot) {
      return invalid(fmt::format("column \"{}\" has more than {} distinct texts", column.name, kMaxOneHot),
                     table.where, "Ignore the column or group its values");
    }
  }
  return success();
}

// Sorts the values (numbers by size) and stores the index of each in `values`.
std::vector<std::string> sortedValues(Column& column, char separator) {
  std::vector<std::string> names;
  for (const auto& [name, _] : column.values) names.push_back(name);
  if (column.texts == 0) {
    std::ranges::stable_sort(names, {},
                             [&](const std::string& name) { return *parseNumber(name, separator); });
  }
  for (std::size_t i = 0; i < names.size(); ++i) column.values[names[i]] = static_cast<std::int32_t>(i);
  return names;
}

DatasetInfo describe(Table& table) {
  DatasetInfo info;
  info.name = std::filesystem::path(table.where).stem().string();
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    Column& column = table.columns[c];
    if (!column.used) continue;
    if (c == table.target) {
      if (!table.classes) continue;
      info.classNames = sortedValues(column, table.separator);
      info.classes = static_cast<int>(info.classNames.size());
    } else if (column.oneHot()) {
      for (const std::string& value : sortedValues(column, table.separator)) {
        info.featureNames.push_back(fmt::format("{}={}", column.name, value));
      }
    } else {
      info.featureNames.push_back(column.name);
    }
  }
  info.sample = Shape{static_cast<std::int64_t>(info.featureNames.size())};
  return info;
}

Result<float> finiteNumber(const Table& table, const Column& column, std::string_view cell,
                           const CsvRows& rows) {
  const auto value = static_cast<float>(parseNumber(cell, table.separator).value_or(0));
  if (std::isfinite(value)) return value;
  return Error{ErrorCode::Numeric,
               fmt::format("{} in column \"{}\" is not a finite number", cell, column.name), rows.place(),
               "Correct the value, or clear it to skip the row"};
}

// Second pass: reads the values.
Status readValues(const Table& table, Dataset& data, const LoadProgress& progress) {
  return forEachRow(table, progress, 0.6, 1.0, [&](const CsvRows& rows) -> Status {
    if (!isComplete(table, rows)) return success();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      const std::string_view cell = rows.cells()[c];
      if (!column.used) continue;
      if (c == table.target && table.classes) {
        data.classOf.push_back(column.values.find(cell)->second);
      } else if (column.oneHot()) {
        const auto hot = static_cast<std::size_t>(column.values.find(cell)->second);
        for (std::size_t k = 0; k < column.width(); ++k) data.floats.push_back(k == hot ? 1.0f : 0.0f);
      } else {
        TANDEM_ASSIGN(const float value, finiteNumber(table, column, cell, rows));
        (c == table.target ? data.targetOf : data.floats).push_back(value);
      }
    }
    return success();
  });
}

Result<Table> analyse(std::string_view text, const DataSpec& spec, const std::string& where, bool partial,
                      const LoadProgress& progress) {
  Table table;
  table.where = where;
  table.partial = partial;
  TANDEM_TRY(checkText(text, where));
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  table.text = text;
  table.separator = sniffSeparator(text);
  TANDEM_TRY(readHeader(table));
  TANDEM_TRY(chooseColumns(table, spec));
  TANDEM_TRY(findTypes(table, progress));
  TANDEM_TRY(checkTypes(table));
  return table;
}

Result<std::string> readText(const DataSpec& spec, std::size_t limit, bool& partial,
                             const LoadProgress& progress) {
  constexpr std::size_t kChunk = 4u << 20;
  if (spec.path.empty()) return invalid("no CSV file is chosen", "data");
  TANDEM_ASSIGN(const auto source, openFile(spec.path));
  const std::uint64_t size = source->remaining();
  TANDEM_TRY(checkMemory(static_cast<double>(std::min<std::uint64_t>(limit, size)), spec.path));
  partial = size > limit;
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(limit, size)), '\0');
  for (std::size_t done = 0; done < text.size();) {
    const std::size_t want = std::min(kChunk, text.size() - done);
    TANDEM_ASSIGN(const std::size_t got,
                  source->read({reinterpret_cast<std::uint8_t*>(text.data()) + done, want}));
    done += got;
    if (got < want) text.resize(done);  // the file was truncated meanwhile
    TANDEM_TRY(report(progress, 0.2 * static_cast<double>(done) / static_cast<double>(size)));
  }
  return text;
}

Result<DatasetInfo> probe(const DataSpec& spec) {
  bool partial = false;
  TANDEM_ASSIGN(const std::string text, readText(spec, kProbeBytes, partial, {}));
  return probeCsv(text, spec, spec.path, partial);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  bool partial = false;
  TANDEM_ASSIGN(const std::string text,
                readText(spec, std::numeric_limits<std::size_t>::max(), partial, progress));
  return parseCsv(text, spec, spec.path, progress);
}

}  // namespace

Result<RawData> parseCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress) {
  TANDEM_ASSIGN(Table table, analyse(text, spec, where, false, progress));
  RawData raw;
  raw.data.info = describe(table);
  const double values =
      static_cast<double>(table.rows) * static_cast<double>(raw.data.info.sample.elements() + 1);
  TANDEM_TRY(checkMemory(values * sizeof(float), where));
  raw.data.floats.reserve(static_cast<std::size_t>(table.rows * raw.data.info.sample.elements()));
  TANDEM_TRY(readValues(table, raw.data, progress));
  if (!table.header) raw.data.notes.push_back("There is no header row: columns are named by number");
  if (table.skipped > 0) {
    const bool all = table.skippedLines.size() == static_cast<std::size_t>(table.skipped);
    raw.data.notes.push_back(fmt::format("Skipped {} {} with missing values: line{} {}{}", table.skipped,
                                         table.skipped == 1 ? "row" : "rows", table.skipped == 1 ? "" : "s",
                                         fmt::join(table.skippedLines, ", "), all ? "" : ", ..."));
  }
  return raw;
}

Result<DatasetInfo> probeCsv(std::string_view text, const DataSpec& spec, const std::string& where,
                             bool partial) {
  if (partial) text = text.substr(0, text.rfind('\n') + 1);  // whole lines: no half UTF-8 sequence
  TANDEM_ASSIGN(Table table, analyse(text, spec, where, partial, {}));
  return describe(table);
}

const DataReader csvReader = {DataKind::Csv, read, probe};

}  // namespace tandem
