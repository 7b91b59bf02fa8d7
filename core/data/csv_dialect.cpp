#include "core/data/csv_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "core/data/csv_number.h"
#include "core/data/image_name.h"
#include "core/data/preprocessing.h"
#include "core/data/utf8.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr std::size_t kSampleRows = 1000, kSampleCells = 200'000;

struct SampleRow {
  std::vector<std::string> cells;
  std::vector<bool> blank;
};

std::vector<SampleRow> sampleOf(CsvRows rows, std::size_t most) {
  std::vector<SampleRow> sample;
  while (sample.size() < most) {
    const Result<bool> more = rows.next();
    if (!more.ok() || !*more) break;  // pass 1 reports the error
    SampleRow& row = sample.emplace_back();
    for (std::size_t c = 0; c < rows.cells().size(); ++c) {
      row.cells.emplace_back(rows.cells()[c]);
      row.blank.push_back(rows.isBlank(c));
    }
  }
  return sample;
}

bool isNumber(std::string_view cell) {
  return shapeOf(cell) != kText;
}

bool sameWidth(const SampleRow& a, const SampleRow& b) {
  const std::size_t m = a.cells.size(), n = b.cells.size();
  return m == n || (m + 1 == n && b.blank.back()) || (n + 1 == m && a.blank.back());
}

// How well a delimiter separates the columns of a sample; a larger one is better.
struct Separation {
  double numeric = -1;    // the share of columns that contain only numbers below line 1
  std::size_t width = 0;  // of line 1
  auto operator<=>(const Separation&) const = default;
};

Separation separationOf(const std::vector<SampleRow>& sample) {
  const std::size_t width = sample.front().cells.size();
  std::size_t numeric = 0;
  for (std::size_t c = 0; c < width; ++c) {
    bool numbers = true;
    for (std::size_t r = sample.size() > 1 ? 1 : 0; r < sample.size(); ++r)
      numbers = numbers && c < sample[r].cells.size() && isNumber(sample[r].cells[c]);
    numeric += numbers;
  }
  return {static_cast<double>(numeric) / static_cast<double>(width), width};
}

// Excel's first line "sep=;", also in quotes: the bytes before the next line and the delimiter.
struct Hint {
  std::size_t bytes = 0;
  char delimiter = '\0';
};

Hint hintIn(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  std::string_view words = line;
  if (words.size() >= 2 && words.starts_with('"') && words.ends_with('"'))
    words = words.substr(1, words.size() - 2);
  std::string name(words.substr(0, 4));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name != "sep=" || words.size() != 5 || std::isalnum(static_cast<unsigned char>(words[4]))) return {};
  const std::string_view end = text.substr(line.size());
  return {line.size() + (end.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, end.size())), words[4]};
}

char sniffDelimiter(std::string_view text, const TableFormat& format, CsvSyntax syntax) {
  constexpr std::size_t kRows = 20;
  char best = ',', widest = ',';
  Separation most;
  std::size_t mostCells = 1;
  for (const char delimiter : {'\t', ';', ',', '|', ' '}) {
    if (std::string_view(&delimiter, 1) == format.decimal || delimiter == syntax.quote ||
        delimiter == syntax.comment)
      continue;
    if (delimiter == ' ' && (most.width > 0 || mostCells > 1)) break;
    syntax.delimiter = delimiter;
    const auto sample = sampleOf(CsvRows(text, syntax, {}), kRows);
    if (sample.empty()) continue;
    const auto like = [&](const SampleRow& row) { return sameWidth(sample.front(), row); };
    const Separation separation = separationOf(sample);
    bool same = separation.width > 1 && std::ranges::all_of(sample, like);
    if (delimiter == ' ') same = same && separation.numeric > 0;  // texts contain spaces, too
    if (same && separation > most) {
      most = separation;
      best = delimiter;
    }
    if (delimiter != ' ' && separation.width > mostCells) {
      mostCells = separation.width;
      widest = delimiter;
    }
  }
  return most.width > 0 ? best : widest;
}

constexpr std::size_t kStart = 3;  // numbers that show a progression

// What the rows below line 1 contain in a column.
struct Below {
  std::size_t numbers = 0, texts = 0;
  std::map<std::string_view, std::size_t> values;  // of the texts
  double least = 0, greatest = 0;                  // of the numbers
  std::vector<double> start;                       // the first numbers
  bool whole = true;                               // all numbers are written as whole ones
  bool isNumeric() const { return numbers > texts; }
  bool isText() const { return texts > 0 && numbers == 0; }
};

Below lookBelow(const std::vector<SampleRow>& sample, std::size_t column) {
  Below below;
  for (std::size_t r = 1; r < sample.size(); ++r) {
    if (column >= sample[r].cells.size() || sample[r].cells[column].empty()) continue;
    const std::string& cell = sample[r].cells[column];
    if (!isNumber(cell)) {
      ++below.texts;
      ++below.values[cell];
      continue;
    }
    below.whole = below.whole && shapeOf(cell) == kWhole;
    const double value = parseNumber(cell, {}).value_or(0);
    below.least = below.numbers == 0 ? value : std::min(below.least, value);
    below.greatest = below.numbers == 0 ? value : std::max(below.greatest, value);
    ++below.numbers;
    if (below.start.size() < kStart && below.texts == 0) below.start.push_back(value);
  }
  return below;
}

constexpr double kFirstYear = 1800, kLastYear = 2200;

bool isYear(double value) {
  return value >= kFirstYear && value <= kLastYear && value == std::floor(value);
}

// Numbers with the same difference from each to the next.
bool isProgression(const std::vector<double>& numbers) {
  for (std::size_t i = 2; i < numbers.size(); ++i)
    if (std::abs(numbers[i] - numbers[i - 1] - (numbers[1] - numbers[0])) > 1e-9 * std::abs(numbers[i]))
      return false;
  return numbers.size() >= 2 && numbers[0] != numbers[1];
}

// The numbers of line 1, and what is below them.
struct Numbers {
  std::vector<double> values;
  std::vector<const Below*> below;
  bool whole = true;  // all are written as whole numbers without a sign

  // Years that the columns do not contain, or a count of the columns from 0 or 1.
  bool nameColumns() const {
    if (values.empty() || !whole) return false;
    if (std::ranges::all_of(values, isYear))
      return std::ranges::none_of(below,
                                  [](const Below* b) { return isYear(b->least) || isYear(b->greatest); });
    // A few whole numbers among others may be a row by chance.
    constexpr std::size_t kFew = 4;
    const bool unlike =
        values.size() > kFew || std::ranges::any_of(below, [](const Below* b) { return !b->whole; });
    return unlike && values.size() >= 3 && isProgression(values) && values[1] - values[0] == 1 &&
           values[0] <= 1;
  }
  // Whether a column counts on from line 1, as ranks and identifiers do.
  bool continueBelow() const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::vector<double> column = below[i]->start;
      column.insert(column.begin(), values[i]);
      if (column.size() > kStart && isProgression(column)) return true;
    }
    return false;
  }
  std::size_t outside() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      count += values[i] < below[i]->least || values[i] > below[i]->greatest;
    return count;
  }
};

bool countsColumns(const SampleRow& row) {
  Numbers numbers;
  for (const std::string& cell : row.cells)
    if (const auto value = parseNumber(cell, {})) numbers.values.push_back(*value);
  numbers.below.resize(numbers.values.size());
  return numbers.values.size() == row.cells.size() && isProgression(numbers.values);
}

struct HeaderDecision {
  bool header = false;
  std::string reason;
  bool certain = false;  // numbers below names, or names that are numbers
};

// Whether the first cells of the rows after line 1 count from 0 or 1.
bool countsRows(const std::vector<SampleRow>& sample) {
  double expected = -1;
  for (std::size_t r = 1; r < sample.size(); ++r) {
    const auto value = parseNumber(sample[r].cells.front(), {});
    if (!value || (r == 1 ? *value != 0 && *value != 1 : *value != expected)) return false;
    expected = *value + 1;
  }
  return sample.size() > 2;
}

// As pandas writes a table without names: "" and the numbers of the columns above rows that are numbered, too.
bool isNumberedFrame(const std::vector<SampleRow>& sample) {
  const std::vector<std::string>& first = sample.front().cells;
  if (first.size() < 3 || !first[0].empty() || !countsRows(sample)) return false;
  for (std::size_t c = 1; c < first.size(); ++c)
    if (first[c] != std::to_string(c - 1)) return false;
  return true;
}

HeaderDecision decideHeader(const std::vector<SampleRow>& sample) {
  const std::vector<std::string>& first = sample.front().cells;
  if (isNumberedFrame(sample)) return {true, "its numbers name the columns", true};
  if (sample.size() == 1) return {std::ranges::none_of(first, isNumber), "it is the only line"};
  std::vector<Below> columns;
  for (std::size_t c = 0; c < first.size(); ++c) columns.push_back(lookBelow(sample, c));
  std::string aboveOther, valueAgain, unlike;
  Numbers numbers;
  std::set<std::string_view> distinct;
  bool repeated = false;
  std::size_t texts = 0;
  for (std::size_t c = 0; c < first.size(); ++c) {
    const std::string& cell = first[c];
    const Below& below = columns[c];
    if (isMissingNumber(cell, {})) continue;
    repeated = !distinct.insert(cell).second || repeated;
    if (isNumber(cell)) {
      if (below.isText()) {
        aboveOther = fmt::format("\"{}\" is above texts", cell);
        continue;
      }
      numbers.values.push_back(parseNumber(cell, {}).value_or(0));
      numbers.below.push_back(&below);
      numbers.whole = numbers.whole && shapeOf(cell) == kWhole && cell[0] >= '0' && cell[0] <= '9';
      continue;
    }
    ++texts;
    if (below.isNumeric()) {
      if (!looksLikeNumber(cell, true)) aboveOther = fmt::format("\"{}\" is above numbers", cell);
    } else if (isImageName(cell)) {
      valueAgain = fmt::format("\"{}\" names an image", cell);
    } else if (below.values.contains(cell)) {
      valueAgain = fmt::format("\"{}\" is also a value below", cell);
    } else if (below.texts > below.values.size()) {
      unlike = fmt::format("\"{}\" is not one of the values below", cell);
    }
  }
  // If both are possible, data: a name among numbers is then an Error, but a row read as the header would be lost.
  if (!valueAgain.empty()) return {false, valueAgain};
  if (numbers.values.empty()) {
    if (!aboveOther.empty()) return {true, aboveOther, true};
    if (texts == 0) return {false, "it contains no names"};
    return {true, unlike.empty() ? "it contains only texts" : unlike};
  }
  if (repeated) return {false, "it repeats a number"};
  const std::size_t outside = numbers.outside(), count = numbers.values.size();
  if (count == first.size()) {
    const bool years = std::ranges::all_of(numbers.values, isYear);
    if (numbers.nameColumns() && (years || !countsColumns(sample[1])))
      return {true, "its numbers name the columns", true};
    return {false, "it contains no names"};
  }
  if (numbers.continueBelow()) return {false, "the rows below continue its numbers"};
  const bool names = numbers.nameColumns() || (count > 1 && std::ranges::all_of(numbers.values, isYear)) ||
                     (count > 2 && isProgression(numbers.values)) ||
                     (count > 1 && numbers.whole && outside == count);
  const bool years = numbers.nameColumns() && isYear(numbers.values[0]);
  if (names && (years || !aboveOther.empty() || !unlike.empty()))
    return {true, "its numbers name the columns", true};
  if (!aboveOther.empty() && numbers.whole && outside > 0) return {true, aboveOther, true};
  return {false, outside == 0 ? "it contains numbers like the rows below" : "it contains numbers"};
}

// Whether the first cells of the rows after the header name the rows: whole numbers or texts, all different.
bool namesRows(const std::vector<SampleRow>& sample) {
  std::set<std::string_view> seen;
  for (std::size_t r = 1; r < sample.size(); ++r) {
    const std::string& cell = sample[r].cells.front();
    const NumberShape shape = shapeOf(cell);
    if (cell.empty() || (shape != kText && shape != kWhole) || !seen.insert(cell).second) return false;
  }
  return sample.size() > 2;
}

// Whether the first column numbers or names the rows, which says nothing about them.
bool isIndex(const std::vector<SampleRow>& sample) {
  std::string name = sample.front().cells.front();
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.empty() || name == "unnamed: 0")
    return namesRows(sample);  // the latter: pandas, read and written again
  constexpr std::array<std::string_view, 11> kIndexNames{"id", "index", "idx", "row", "row_id", "rowid",
                                                         "no", "no.",   "nr",  "nr.", "#"};
  return std::ranges::find(kIndexNames, name) != kIndexNames.end() && countsRows(sample);
}

// Whether a column contains names or free texts: most are different, so that they say nothing about other rows. Texts
// that were meant as numbers are not among them.
bool isProse(const std::vector<SampleRow>& sample, std::size_t column) {
  std::set<std::string_view> distinct;
  std::size_t texts = 0;
  for (std::size_t r = 1; r < sample.size(); ++r) {
    if (column >= sample[r].cells.size()) return false;
    const std::string& cell = sample[r].cells[column];
    if (isMissingNumber(cell, {})) continue;
    if (isNumber(cell) || looksLikeNumber(cell, true) || !unitOf(cell, {}).empty()) return false;
    ++texts;
    distinct.insert(cell);
  }
  return distinct.size() > kMaxOneHot && 2 * distinct.size() > texts;
}

// Whether all texts of a column, if there are any, name images.
bool namesImages(std::span<const SampleRow> rows, std::size_t column,
                 const std::vector<std::string>& missing) {
  bool any = false;
  for (const SampleRow& row : rows) {
    if (column >= row.cells.size() || isMissingNumber(row.cells[column], missing)) continue;
    if (!isImageName(row.cells[column])) return false;
    any = true;
  }
  return any;
}

bool hasTrailing(const std::vector<SampleRow>& sample) {
  const std::size_t width = sample.front().cells.size();
  const bool named = !sample.front().blank.back();
  return width > 1 &&
         std::ranges::all_of(sample.begin() + (named ? 1 : 0), sample.end(),
                             [&](const SampleRow& row) {
                               return row.cells.size() < width
                                          ? !named
                                          : row.blank.back() && (!named || row.cells.size() == width + 1);
                             }) &&
         (!named || sample.size() > 1);
}

// The first line below line 1 in which a delimiter separates several values, as in most of the lines; 0 if there is none.
std::int64_t wideLineBelow(std::string_view text, CsvSyntax syntax, std::int64_t startLine) {
  constexpr std::size_t kRows = 20;
  for (const char delimiter : {'\t', ';', ',', '|'}) {
    syntax.delimiter = delimiter;
    CsvRows rows(text, syntax, {}, false, startLine);
    std::size_t count = 0, wide = 0;
    std::int64_t line = 0;
    for (; count < kRows; ++count) {
      const Result<bool> more = rows.next();
      if (!more.ok() || !*more) break;
      if (rows.cells().size() == 1) continue;
      if (wide++ == 0) line = rows.line();
    }
    if (2 * wide > count) return line;
  }
  return 0;
}

}  // namespace

std::vector<std::string> columnNames(const std::vector<std::string>& header) {
  std::set<std::string> seen(header.begin(), header.end());
  std::vector<std::string> names;
  for (std::size_t c = 0; c < header.size(); ++c) {
    std::string& name = names.emplace_back(header[c]);
    if (!name.empty()) continue;
    name = numberedColumn(c);
    while (!seen.insert(name).second) name += " (no name)";
  }
  return names;
}

Result<CsvSyntax> findSyntax(std::string_view text, const TableFormat& format) {
  TANDEM_TRY(checkFormat(format));
  CsvSyntax syntax;
  syntax.quote = format.quote.empty() ? '\0' : format.quote[0];
  syntax.comment = format.comment.empty() ? '\0' : format.comment[0];
  const Hint hint = hintIn(text);
  TableFormat hinted = format;
  hinted.delimiter = hint.delimiter;
  const bool usable = hint.bytes > 0 && checkFormat(hinted).ok();
  syntax.delimiter = !format.delimiter.empty() ? format.delimiter[0]
                     : usable                  ? hint.delimiter
                                               : sniffDelimiter(text.substr(hint.bytes), format, syntax);
  return syntax;
}

Result<CsvDialect> findDialect(std::string_view text, const TableFormat& format, const std::string& where,
                               bool partial) {
  CsvDialect dialect;
  TANDEM_ASSIGN(dialect.syntax, findSyntax(text, format));
  const CsvSyntax& syntax = dialect.syntax;
  if (const Hint hint = hintIn(text); hint.bytes > 0) {
    dialect.start = dialect.body = hint.bytes;
    dialect.startLine = dialect.bodyLine = 2;
    text.remove_prefix(hint.bytes);
  }
  CsvRows rows(text, syntax, where, partial, dialect.startLine);
  TANDEM_ASSIGN(const bool any, rows.next());
  if (!any) return Error{ErrorCode::Io, "there are no data rows", where, {}};
  const std::size_t cells = std::max<std::size_t>(1, rows.cells().size());
  const auto sample = sampleOf(CsvRows(text, syntax, where, partial),
                               std::clamp(kSampleCells / cells, std::size_t{20}, kSampleRows));
  HeaderDecision decision = decideHeader(sample);
  // Data for prediction may be texts only, and repeat them; names do not repeat.
  const std::set<std::string_view> names(sample.front().cells.begin(), sample.front().cells.end());
  if (decision.header && !decision.certain && names.size() < sample.front().cells.size())
    decision = {false, "it repeats a value"};
  if (format.header != HeaderChoice::Auto) decision = {format.header == HeaderChoice::Yes, "as set", true};
  dialect.header = decision.header;
  dialect.certain = decision.certain;
  dialect.firstLine = rows.line();
  if (dialect.header) {
    dialect.body = dialect.start + rows.position();
    dialect.bodyLine = rows.nextLine();
  }
  dialect.reason = std::move(decision.reason);
  dialect.trailing = hasTrailing(sample);
  const SampleRow& first = sample.front();
  const std::size_t width = first.cells.size() - (dialect.trailing && first.blank.back() ? 1 : 0);
  if (dialect.header)
    dialect.names =
        columnNames({first.cells.begin(), first.cells.begin() + static_cast<std::ptrdiff_t>(width)});
  for (std::size_t c = 0; c < width && !dialect.header; ++c) dialect.names.push_back(numberedColumn(c));
  if (width == 1) dialect.wideLine = wideLineBelow(text, syntax, dialect.startLine);
  for (std::size_t c = 0; c < width; ++c)
    if (namesImages(std::span(sample).subspan(dialect.header ? 1 : 0), c, format.missing))
      dialect.images.push_back(c);
  const bool image = !dialect.images.empty() && dialect.images[0] == 0;
  dialect.index = dialect.header && width > 2 && !image && isIndex(sample);
  for (std::size_t c = 0; c < width && dialect.header; ++c)
    if (isProse(sample, c)) dialect.prose.push_back(c);
  return dialect;
}

Status checkWidth(const CsvRows& rows, std::size_t width) {
  const std::size_t count = rows.cells().size();
  if (count == width || (count == width + 1 && rows.isBlank(width))) return success();
  return invalid(fmt::format("{}, but the first row has {}", counted(count, "value"), width), rows.place());
}

std::size_t findColumn(const std::vector<std::string>& names, std::string_view name) {
  const std::string wanted = composed(std::string(name));
  const auto at = std::ranges::find(names, wanted);
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  for (std::size_t c = 0; c < names.size(); ++c)
    if (numberedColumn(c) == wanted) return c;
  return std::string_view::npos;
}

}  // namespace tandem
