#include "core/data/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "core/data/builtin.h"
#include "core/data/byte_source.h"
#include "core/data/column_use.h"
#include "core/data/content_kind.h"
#include "core/data/csv_images.h"
#include "core/data/csv_preview.h"
#include "core/data/csv_table.h"
#include "core/data/csv_text.h"
#include "core/data/image_batch.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

constexpr std::size_t kProbeBytes = 16u << 20;  // about a tenth of a second
// Shares of the progress: the text has been read, and the values of a table that names images, which take longer.
constexpr double kTextRead = 0.2, kValuesRead = 0.3;

Result<std::size_t> columnOf(const CsvTable& table, const std::string& name) {
  const std::size_t column = findColumn(table.dialect.names, name);
  if (column != std::string_view::npos) return column;
  const CsvDialect& dialect = table.dialect;
  std::string hint = "The columns are " + shortList(dialect.names);
  if (!dialect.header)
    hint += fmt::format("; line {} is read as data ({}). If it names the columns, set the header to \"yes\"",
                        dialect.firstLine, dialect.reason);
  return invalid(fmt::format("there is no column \"{}\"", name), table.where, hint);
}

Status setKind(CsvTable& table, const std::vector<std::string>& names, FieldKind kind) {
  for (const std::string& name : names) {
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    CsvColumn& column = table.columns[c];
    if (column.kindIsSet && column.kind != kind)
      return invalid(fmt::format("column \"{}\" is set to both a {} and a {}", name,
                                 nameOf(std::min(kind, column.kind)), nameOf(std::max(kind, column.kind))),
                     table.where);
    column.kind = kind;
    column.kindIsSet = true;
  }
  return success();
}

Status chooseWeights(CsvTable& table, const DataSpec& spec) {
  if (spec.sampleWeights.empty()) return success();
  TANDEM_ASSIGN(const std::size_t c, columnOf(table, spec.sampleWeights));
  table.columns[c].weight = true;
  return setKind(table, {spec.sampleWeights}, FieldKind::Number);
}

Error weightsAndIs(const CsvTable& table, std::size_t column, std::string_view other) {
  return invalid(
      fmt::format("column \"{}\" is both the sample weights and {}", table.columns[column].name, other),
      table.where, "Choose another column for the sample weights, or none");
}

// The kinds of the columns that the table declares, unless the user has set another one. Whether a target is a class or a
// number is a setting.
void useDeclared(CsvTable& table) {
  for (std::size_t c = 0; c < table.declared.size(); ++c) {
    const DeclaredColumn& declared = table.declared[c];
    CsvColumn& column = table.columns[c];
    column.declared = declared.categories;
    if (!table.isOpen(c) || column.weight) continue;
    if (declared.kind == DeclaredColumn::Kind::Date) {
      table.ignore(c, "is a date");
      continue;
    }
    column.kindIsSet = true;
    column.kind = declared.kind == DeclaredColumn::Kind::Number     ? FieldKind::Number
                  : declared.kind == DeclaredColumn::Kind::Category ? FieldKind::Category
                                                                    : FieldKind::Text;
  }
}

// The group and the order: columns that have no other role.
Status chooseSeries(CsvTable& table, const DataSpec& spec) {
  TANDEM_TRY(checkSeries(spec.series, table.where));
  table.series = spec.series;
  if (!spec.series.isSet()) return success();
  const auto choose = [&](const std::string& name, bool CsvColumn::*role, std::string_view what,
                          std::optional<std::size_t>& chosen) -> Status {
    if (name.empty()) return success();
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    CsvColumn& column = table.columns[c];
    const std::string_view other = column.target      ? "a target"
                                   : column.weight    ? "the sample weights"
                                   : column.group     ? "the group"
                                   : !column.used     ? "ignored"
                                   : column.kindIsSet ? "a feature"
                                                      : "";
    if (!other.empty())
      return invalid(fmt::format("column \"{}\" is both the {} and {}", name, what, other), table.where,
                     fmt::format("Choose another column for the {} of the rows, or none", what));
    column.*role = true;
    column.used = false;
    chosen = c;
    return success();
  };
  TANDEM_TRY(choose(spec.series.group, &CsvColumn::group, "group", table.seriesColumns.group));
  TANDEM_TRY(choose(spec.series.order, &CsvColumn::order, "order", table.seriesColumns.order));
  for (const std::size_t t : table.targets) table.columns[t].past = spec.series.readsPast();
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
  if (table.columns.size() < 2 && !spec.series.readsPast()) {
    if (table.dialect.wideLine > 0)
      return invalid(fmt::format("line {} has one value, but line {} has several", table.dialect.firstLine,
                                 table.dialect.wideLine),
                     table.where,
                     "Remove the lines above the table, or set the character that begins comments");
    return invalid("there is only one column; at least a feature and a target are needed", table.where,
                   "Separate columns with commas, semicolons or tabs, or set the delimiter");
  }
  TANDEM_TRY(chooseWeights(table, spec));
  table.classes = spec.classification;
  for (const std::string& name : spec.targets) {
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    if (table.columns[c].target)
      return invalid(fmt::format("column \"{}\" is twice among the targets", name), table.where);
    if (table.columns[c].weight) return weightsAndIs(table, c, "a target");
    table.targets.push_back(c);
    table.columns[c].target = true;
  }
  std::ranges::sort(table.targets);  // in the order of the columns
  if (table.targets.empty()) {
    table.targets = {usualTarget(spec, header)};
    table.columns[table.targets[0]].target = true;
  }
  for (const std::string& name : spec.ignore) {
    // Ignoring the empty column after a trailing delimiter is what was meant.
    if (table.dialect.trailing && name == numberedColumn(table.columns.size())) continue;
    TANDEM_ASSIGN(const std::size_t c, columnOf(table, name));
    if (table.columns[c].target)
      return invalid(fmt::format("column \"{}\" is both the target and ignored", name), table.where);
    if (table.columns[c].weight) return weightsAndIs(table, c, "ignored");
    table.columns[c].used = false;
  }
  TANDEM_TRY(setKind(table, spec.numbers, FieldKind::Number));
  TANDEM_TRY(setKind(table, spec.categories, FieldKind::Category));
  TANDEM_TRY(setKind(table, spec.texts, FieldKind::Text));
  TANDEM_TRY(chooseSeries(table, spec));
  useDeclared(table);
  const CsvDialect& dialect = table.dialect;
  if (dialect.index && table.isOpen(0)) table.ignore(0, "only numbers or names the rows");
  // Of columns that seem to name images, countColumns() decides.
  for (const std::size_t c : dialect.prose)
    if (std::ranges::find(dialect.images, c) == dialect.images.end()) table.ignoreProse(c);
  if (table.features() == 0)
    return invalid("no feature columns are left", table.where,
                   spec.sampleWeights.empty()
                       ? "Ignore fewer columns"
                       : "Ignore fewer columns, or use the sample weights as a feature");
  table.decided = CsvDecided::Roles;
  return success();
}

// What the reader has decided, for the user.
std::vector<std::string> notesOf(const CsvTable& table, const DataSpec& spec, const CsvSkipped& skipped) {
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
    if (column.group) notes.push_back(fmt::format("Column \"{}\" names the series of each row", column.name));
    if (column.order)
      notes.push_back(fmt::format("Column \"{}\" is the order of the rows, not a feature", column.name));
    if (column.used && column.kind == FieldKind::Image)
      notes.push_back(fmt::format("Column \"{}\" names images, which are resized to {}", column.name,
                                  imageShape(spec).text()));
    if (column.weight)
      notes.push_back(fmt::format("Column \"{}\" weights the samples in the training loss", column.name));
    if (!column.used || column.kind != FieldKind::Category) continue;
    if (!column.target)
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

DatasetInfo describe(const CsvTable& table, const DataSpec& spec, const TableFormat& format,
                     const CsvSkipped& skipped) {
  DatasetInfo info;
  const auto builtin = findBuiltin(spec.path);
  info.name = builtin.ok() ? (*builtin)->name : std::filesystem::path(table.where).stem().string();
  info.named = table.dialect.header;
  for (const CsvColumn& column : table.columns) {
    Field& field = info.fields.emplace_back();
    field.name = column.name;
    field.role = column.role();
    if (!column.used) continue;
    field.kind = column.kind;
    field.categories = column.categories;
    if (column.kind == FieldKind::Image) field.image = imageShape(spec);
  }
  info.fields = seriesFields(info.fields, spec.series);
  info.inputs.clear();
  const Preprocessing described{.fields = info.fields};
  for (const InputFields& input : described.inputs()) {
    info.inputs.push_back(input.isImage() ? imageTensor(input.sample()) : inputTensor(input));
    info.inputs.back().name = input.name;
  }
  info.targets.clear();
  for (const std::size_t c : table.targets) {
    const CsvColumn& column = table.columns[c];
    const bool classes = column.kind == FieldKind::Category;
    info.targets.push_back({.name = column.name,
                            .sample = classes ? Shape{} : Shape{1},
                            .classes = static_cast<int>(column.categories.size()),
                            .moreClasses = classes && table.partial && column.declared.empty(),
                            .classNames = column.categories});
  }
  for (const CsvColumn& column : table.columns)
    if (column.weight) info.weights = DataTensor{.name = column.name};
  info.table = resolved(table, format);
  info.notes = notesOf(table, spec, skipped);
  return info;
}

// The targets of a series have names of their own, "price +1".
Status checkNames(const DatasetInfo& info, const std::string& where) {
  std::set<std::string_view> names;
  for (const Field& field : info.fields)
    if (!names.insert(field.name).second)
      return invalid(fmt::format("column \"{}\" has the name that a target of the series gets", field.name),
                     where, "Rename the column");
  return success();
}

// Everything but the images, which are named.
struct Parsed {
  RawData raw;
  CsvImages images;
};

// `format`: that of the spec, or of the text of a table that declares its columns.
Result<Parsed> parse(CsvTable& table, std::string_view text, const DataSpec& spec, const TableFormat& format,
                     const LoadProgress& progress) {
  for (const std::string& token : spec.table.missing) table.missing.push_back(composed(token));
  table.centreNumbers = spec.normalize;
  table.centreTargets = spec.standardizeTargets;
  table.unscaled = spec.unscaled;
  TANDEM_ASSIGN(table.dialect, findDialect(text, format, table.where, table.partial));
  if (!table.declared.empty()) table.dialect.reason = "its columns are declared";
  TANDEM_TRY(chooseColumns(table, spec));
  table.chunks = cutIntoChunks(text.substr(table.dialect.body), table.dialect.syntax, table.dialect.bodyLine);
  const LoadProgress ofTable = [&](double done) {
    constexpr double kShare = (kValuesRead - kTextRead) / (1 - kTextRead);
    return !progress ||
           progress(table.dialect.images.empty() ? done : kTextRead + kShare * (done - kTextRead));
  };
  Parsed parsed;
  TANDEM_ASSIGN(CsvContents contents, readTable(table, spec, parsed.raw.data, ofTable));
  parsed.raw.data.info = describe(table, spec, format, contents.skipped);
  if (spec.series.isSet()) {
    TANDEM_TRY(checkNames(parsed.raw.data.info, table.where));
    TANDEM_TRY(makeSeries(contents.series, spec.series, table.where, parsed.raw));
  }
  parsed.images = std::move(contents.images);
  parsed.raw.texts = std::move(contents.texts);
  return parsed;
}

// Decodes and parses. `preview` may be null.
Result<Parsed> parseBytes(CsvTable table, std::string bytes, const DataSpec& spec,
                          const LoadProgress& progress, TablePreview* preview) {
  const Result<std::string_view> decoded = decodeText(bytes, spec.table.encoding, table.where, table.partial);
  // A text in another encoding is shown as it is.
  const bool shown = decoded.ok() || (contentKind(bytes).empty() && bytes.find('\0') == std::string::npos);
  std::string_view text = decoded.ok() ? *decoded : std::string_view(bytes);
  TableFormat format = spec.table;
  DeclaredTable declared;
  const auto declare = [&]() -> Status {
    if (!decoded.ok()) return decoded.error();
    if (table.declared.empty() && isArff(text)) {
      TANDEM_ASSIGN(declared, readArff(text, table.where));
      table.declared = declared.columns;
      text = declared.text;
    }
    if (table.declared.empty()) return success();
    TANDEM_ASSIGN(format, declaredFormat(spec.table, table.where));
    return success();
  };
  const Status ready = declare();
  Result<Parsed> parsed =
      ready.ok() ? parse(table, text, spec, format, progress) : Result<Parsed>(ready.error());
  if (preview == nullptr || !shown) return parsed;
  if (table.dialect.names.empty()) {
    const auto syntax = findSyntax(text, format);
    table.dialect = {.syntax = syntax.ok() ? *syntax : CsvSyntax{}};
  }
  *preview = previewOf(table, text, parsed.ok() ? nullptr : &parsed.error());
  return parsed;
}

Result<std::string> readText(const std::string& path, std::size_t limit, bool& partial,
                             const LoadProgress& progress) {
  constexpr std::size_t kChunk = 4u << 20;
  if (path.empty()) return invalid("no CSV file is chosen", "data");
  TANDEM_ASSIGN(auto file, openFile(path));
  TANDEM_ASSIGN(const auto source, unpackGzip(std::move(file), path));
  const std::uint64_t size = std::min<std::uint64_t>(limit, source->remaining());
  if (!source->packed()) TANDEM_TRY(checkMemory(static_cast<double>(size), path));
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
    TANDEM_TRY(checkMemory(static_cast<double>(done), path));
    TANDEM_TRY(
        report(progress, kTextRead * std::min(1.0, static_cast<double>(done) / static_cast<double>(size))));
  }
  partial = text.size() == limit && source->remaining() > 0;
  return text;
}

// The text of a table, and what is known of it.
struct Opened {
  std::string text, where;
  bool partial = false;
  std::vector<DeclaredColumn> declared;
  CsvTable table() const { return {.where = where, .partial = partial, .declared = declared}; }
};

Result<Opened> open(const DataSpec& spec, std::size_t limit, const LoadProgress& progress) {
  Opened opened;
  opened.where = spec.path;
  if (!isBuiltin(spec.path)) {
    TANDEM_ASSIGN(opened.text, readText(spec.path, limit, opened.partial, progress));
    return opened;
  }
  TANDEM_ASSIGN(const BuiltinSet* set, findBuiltin(spec.path));
  if (set->spec.kind != DataKind::Csv)
    return invalid("this built-in dataset is not a table", spec.path, "Set the kind of the data to \"idx\"");
  std::vector<std::string> texts;
  for (const std::string& name : set->files) {
    TANDEM_ASSIGN(const std::filesystem::path file, builtinFile(*set, name));
    TANDEM_ASSIGN(texts.emplace_back(), readText(file.string(), limit, opened.partial, progress));
  }
  if (set->layout == BuiltinSet::Layout::Table) {
    opened.text = std::move(texts[0]);
    return opened;
  }
  TANDEM_ASSIGN(DeclaredTable table, builtinTable(*set, texts));
  opened.text = std::move(table.text);
  opened.declared = std::move(table.columns);
  return opened;
}

Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* preview) {
  // The longest sequence may be anywhere.
  const bool whole = spec.series.whole && spec.series.steps == 0;
  const std::size_t limit = whole ? std::numeric_limits<std::size_t>::max() : kProbeBytes;
  TANDEM_ASSIGN(Opened opened, open(spec, limit, {}));
  const bool partial = opened.partial;
  TANDEM_ASSIGN(Parsed parsed, parseBytes(opened.table(), std::move(opened.text), spec, {}, preview));
  if (!partial) TANDEM_TRY(splitDataset(parsed.raw, spec));  // notes classes without training samples
  TANDEM_TRY(partial ? encodeTextsAsRead(parsed.raw, spec) : encodeTexts(parsed.raw, spec));
  return std::move(parsed.raw.data.info);
}

Result<RawData> parseWhole(CsvTable table, std::string bytes, const DataSpec& spec,
                           const LoadProgress& progress) {
  const std::string where = table.where;
  TANDEM_ASSIGN(Parsed parsed, parseBytes(std::move(table), std::move(bytes), spec, progress, nullptr));
  const LoadProgress ofImages = [&](double done) {
    return !progress || progress(kValuesRead + (1 - kValuesRead) * done);
  };
  TANDEM_TRY(readImages(parsed.images, spec, where, parsed.raw, ofImages));
  return std::move(parsed.raw);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(Opened opened, open(spec, std::numeric_limits<std::size_t>::max(), progress));
  return parseWhole(opened.table(), std::move(opened.text), spec, progress);
}

}  // namespace

Result<RawData> parseCsv(std::string bytes, const DataSpec& spec, const std::string& where,
                         const LoadProgress& progress) {
  return parseWhole({.where = where}, std::move(bytes), spec, progress);
}

Result<DatasetInfo> probeCsv(std::string bytes, const DataSpec& spec, const std::string& where, bool partial,
                             TablePreview* preview) {
  TANDEM_ASSIGN(Parsed parsed,
                parseBytes({.where = where, .partial = partial}, std::move(bytes), spec, {}, preview));
  return std::move(parsed.raw.data.info);
}

const DataReader csvReader = {DataKind::Csv, read, probe};

}  // namespace tandem
