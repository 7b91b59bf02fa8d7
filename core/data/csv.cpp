#include "core/data/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "core/data/byte_source.h"
#include "core/data/content_kind.h"
#include "core/data/csv_preview.h"
#include "core/data/csv_table.h"
#include "core/data/csv_text.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

constexpr std::size_t kProbeBytes = 16u << 20;  // about a tenth of a second

Result<std::size_t> columnOf(const CsvTable& table, const std::string& name) {
  const std::size_t column = findColumn(table.dialect.names, name);
  if (column != std::string_view::npos) return column;
  return invalid(fmt::format("there is no column \"{}\"", name), table.where,
                 "The columns are " + shortList(table.dialect.names));
}

Status setKind(CsvTable& table, const std::vector<std::string>& names, FieldKind kind) {
  for (const std::string& name : names) {
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    CsvColumn& column = table.columns[c];
    if (column.kindIsSet && column.kind != kind)
      return invalid(fmt::format("column \"{}\" is set to both a number and a category", name), table.where);
    column.kind = kind;
    column.kindIsSet = true;
  }
  return success();
}

Status chooseColumns(CsvTable& table, const DataSpec& spec) {
  const std::vector<std::string> header = table.dialect.names;
  for (const std::string& name : header) {
    if (std::ranges::find(table.columns, name, &CsvColumn::name) != table.columns.end()) {
      CsvDialect& dialect = table.dialect;  // the preview shows its lines, not columns
      dialect.names.clear();
      dialect.body = dialect.start;
      dialect.bodyLine = dialect.startLine;
      return invalid(fmt::format("two columns are named \"{}\"", name),
                     fmt::format("{}:{}", table.where, table.dialect.firstLine),
                     "Rename one, or set the header to \"no\" if this line is data");
    }
    table.columns.emplace_back().name = name;
  }
  if (table.columns.size() < 2) {
    if (table.dialect.wideLine > 0)
      return invalid(fmt::format("line {} has one value, but line {} has several", table.dialect.firstLine,
                                 table.dialect.wideLine),
                     table.where,
                     "Remove the lines above the table, or set the character that begins comments");
    return invalid("there is only one column; at least a feature and a target are needed", table.where,
                   "Separate columns with commas, semicolons or tabs, or set the delimiter");
  }
  table.classes = spec.classification;
  table.target = table.columns.size() - 1;
  if (!spec.target.empty()) {
    TANDEM_ASSIGN(table.target, columnOf(table, spec.target));
  }
  for (const std::string& name : spec.ignore) {
    // Ignoring the empty column after a trailing delimiter is what was meant.
    if (table.dialect.trailing && name == numberedColumn(table.columns.size())) continue;
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    if (c == table.target)
      return invalid(fmt::format("column \"{}\" is both the target and ignored", name), table.where);
    table.columns[c].used = false;
  }
  const auto isOpen = [&](std::size_t c) {  // whether the user has not decided
    const auto lists = [&](const std::vector<std::string>& names) {
      return std::ranges::find(names, table.columns[c].name) != names.end();
    };
    return c != table.target && table.columns[c].used && !lists(spec.numbers) && !lists(spec.categories);
  };
  const auto ignore = [&](std::size_t c, const char* reason) {
    table.columns[c].used = false;
    table.notes.push_back(
        fmt::format("Column \"{}\" {}: it is ignored unless it is listed among the numbers or categories",
                    table.columns[c].name, reason));
  };
  if (table.dialect.index && isOpen(0)) ignore(0, "only numbers or names the rows");
  for (const std::size_t c : table.dialect.prose) {
    const bool only = std::ranges::count(table.columns, true, &CsvColumn::used) == 2;  // it and the target
    if (isOpen(c) && !only) ignore(c, "contains mostly different texts, such as names");
  }
  TANDEM_TRY(setKind(table, spec.numbers, FieldKind::Number));
  TANDEM_TRY(setKind(table, spec.categories, FieldKind::Category));
  const CsvColumn& target = table.columns[table.target];
  if (target.kindIsSet) table.classes = target.kind == FieldKind::Category;
  if (std::ranges::count(table.columns, true, &CsvColumn::used) < 2)
    return invalid("no feature columns are left", table.where, "Ignore fewer columns");
  table.decided = CsvDecided::Roles;
  return success();
}

// What the reader has decided, for the user.
std::vector<std::string> notesOf(const CsvTable& table, const CsvSkipped& skipped) {
  std::vector<std::string> notes;
  const CsvDialect& dialect = table.dialect;
  notes.push_back(
      dialect.header
          ? fmt::format("Line {} is read as the header: {}", dialect.firstLine, dialect.reason)
          : fmt::format("There is no header row ({}): columns are named by number", dialect.reason));
  if (dialect.start > 0) notes.emplace_back("Line 1 names the delimiter and is not data");
  const std::string_view delimiter(&dialect.syntax.delimiter, 1);
  if (delimiter != ",") notes.push_back(fmt::format("Columns are separated by: {}", signText(delimiter)));
  if (dialect.trailing) notes.emplace_back("Lines end in a delimiter, after which there is no column");
  if (table.style != NumberStyle{}) {
    notes.push_back(fmt::format("The decimal separator is a {}{}",
                                table.style.decimal == ',' ? "comma" : "point",
                                table.style.thousands == '\0'
                                    ? ""
                                    : ", the thousands separator: " + signText({&table.style.thousands, 1})));
  }
  notes.insert(notes.end(), table.notes.begin(), table.notes.end());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const CsvColumn& column = table.columns[c];
    if (!column.used || column.kind != FieldKind::Category) continue;
    if (c != table.target)
      notes.push_back(fmt::format("Column \"{}\" is a category, one input for each of its {} values: {}",
                                  column.name, column.categories.size(), shortList(column.categories)));
    if (column.tokens > 0 && !column.numeric)
      notes.push_back(
          fmt::format("\"{}\" in column \"{}\" (line {}) is read as a value like the others; to skip such "
                      "rows, list it among the missing values",
                      column.firstToken, column.name, column.firstTokenLine));
  }
  if (skipped.rows > 0) notes.push_back(skipped.text());
  return notes;
}

TableFormat resolved(const CsvTable& table, const TableFormat& asked) {
  TableFormat format = asked;
  format.missing = table.missing;
  format.header = table.dialect.header ? HeaderChoice::Yes : HeaderChoice::No;
  format.delimiter = table.dialect.syntax.delimiter;
  format.decimal = table.style.decimal;
  format.thousands = table.style.thousands == '\0' ? "none" : std::string(1, table.style.thousands);
  return format;
}

DatasetInfo describe(const CsvTable& table, const DataSpec& spec, const CsvSkipped& skipped) {
  DatasetInfo info;
  info.name = std::filesystem::path(table.where).stem().string();
  info.named = table.dialect.header;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const CsvColumn& column = table.columns[c];
    Field& field = info.fields.emplace_back();
    field.name = column.name;
    const bool target = c == table.target;
    field.role = target ? FieldRole::Target : column.used ? FieldRole::Feature : FieldRole::Ignored;
    if (!column.used) continue;
    field.kind = column.kind;
    field.categories = column.categories;
    if (target) {
      info.classNames = field.categories;
      info.classes = static_cast<int>(info.classNames.size());
    }
  }
  info.featureNames = Preprocessing{.fields = info.fields}.inputNames();
  info.sample = Shape{static_cast<std::int64_t>(info.featureNames.size())};
  info.table = resolved(table, spec.table);
  info.notes = notesOf(table, skipped);
  return info;
}

Result<RawData> parse(CsvTable& table, std::string_view text, const DataSpec& spec,
                      const LoadProgress& progress) {
  for (const std::string& token : spec.table.missing) table.missing.push_back(composed(token));
  table.centreNumbers = spec.normalize;
  table.centreTargets = spec.standardizeTargets;
  TANDEM_ASSIGN(table.dialect, findDialect(text, spec.table, table.where, table.partial));
  TANDEM_TRY(chooseColumns(table, spec));
  table.chunks = cutIntoChunks(text.substr(table.dialect.body), table.dialect.syntax, table.dialect.bodyLine);
  RawData raw;
  TANDEM_ASSIGN(const CsvSkipped skipped, readTable(table, spec, raw.data, progress));
  raw.data.info = describe(table, spec, skipped);
  return raw;
}

// Decodes and parses. `preview` may be null.
Result<RawData> parseBytes(CsvTable table, std::string bytes, const DataSpec& spec,
                           const LoadProgress& progress, TablePreview* preview) {
  const Result<std::string_view> decoded = decodeText(bytes, spec.table.encoding, table.where, table.partial);
  // A text in another encoding is shown as it is.
  const bool shown = decoded.ok() || (contentKind(bytes).empty() && bytes.find('\0') == std::string::npos);
  const std::string_view text = decoded.ok() ? *decoded : std::string_view(bytes);
  Result<RawData> raw = decoded.ok() ? parse(table, text, spec, progress) : Result<RawData>(decoded.error());
  if (preview == nullptr || !shown) return raw;
  if (table.dialect.names.empty()) {
    const auto syntax = findSyntax(text, spec.table);
    table.dialect = {.syntax = syntax.ok() ? *syntax : CsvSyntax{}};
  }
  *preview = previewOf(table, text, raw.ok() ? nullptr : &raw.error());
  return raw;
}

Result<std::string> readText(const DataSpec& spec, std::size_t limit, bool& partial,
                             const LoadProgress& progress) {
  constexpr std::size_t kChunk = 4u << 20;
  if (spec.path.empty()) return invalid("no CSV file is chosen", "data");
  TANDEM_ASSIGN(auto file, openFile(spec.path));
  TANDEM_ASSIGN(const auto source, unpackGzip(std::move(file), spec.path));
  const std::uint64_t size = std::min<std::uint64_t>(limit, source->remaining());
  if (!source->packed()) TANDEM_TRY(checkMemory(static_cast<double>(size), spec.path));
  std::string text;
  if (!source->packed()) text.reserve(static_cast<std::size_t>(size));
  for (std::size_t done = 0;;) {
    const std::size_t want = std::min(kChunk, limit - done);
    text.resize(done + want);
    TANDEM_ASSIGN(const std::size_t got,
                  source->read({reinterpret_cast<std::uint8_t*>(text.data()) + done, want}));
    done += got;
    if (got < want || done == limit) {
      text.resize(done);
      break;
    }
    TANDEM_TRY(checkMemory(static_cast<double>(done), spec.path));
    TANDEM_TRY(report(progress, 0.2 * std::min(1.0, static_cast<double>(done) / static_cast<double>(size))));
  }
  partial = text.size() == limit && source->remaining() > 0;
  return text;
}

Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* preview) {
  bool partial = false;
  TANDEM_ASSIGN(std::string text, readText(spec, kProbeBytes, partial, {}));
  TANDEM_ASSIGN(RawData raw,
                parseBytes({.where = spec.path, .partial = partial}, std::move(text), spec, {}, preview));
  if (!partial) TANDEM_TRY(splitDataset(raw, spec));  // notes classes without training samples
  return std::move(raw.data.info);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  bool partial = false;
  TANDEM_ASSIGN(std::string text, readText(spec, std::numeric_limits<std::size_t>::max(), partial, progress));
  return parseCsv(std::move(text), spec, spec.path, progress);
}

}  // namespace

Result<RawData> parseCsv(std::string bytes, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress) {
  return parseBytes({.where = where}, std::move(bytes), spec, progress, nullptr);
}

Result<DatasetInfo> probeCsv(std::string bytes, const DataSpec& spec, const std::string& where, bool partial,
                             TablePreview* preview) {
  TANDEM_ASSIGN(RawData raw,
                parseBytes({.where = where, .partial = partial}, std::move(bytes), spec, {}, preview));
  return std::move(raw.data.info);
}

const DataReader csvReader = {DataKind::Csv, read, probe};

}  // namespace tandem
