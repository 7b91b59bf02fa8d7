#include "core/data/csv_preview.h"

#include <algorithm>
#include <charconv>

namespace tandem {
namespace {

std::string shortened(std::string_view cell) {
  if (cell.size() <= TablePreview::kCellBytes) return std::string(cell);
  std::size_t end = TablePreview::kCellBytes;
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return std::string(cell.substr(0, end)) + "…";
}

// The line that an Error names: "file.csv:17". 0: none.
std::int64_t lineOf(const Error* error, std::string_view where) {
  std::int64_t line = 0;
  if (error == nullptr || !error->where.starts_with(where)) return line;
  const std::string_view rest = std::string_view(error->where).substr(where.size());
  if (rest.starts_with(':')) std::from_chars(rest.data() + 1, rest.data() + rest.size(), line);
  return line;
}

class PreviewReader {
 public:
  PreviewReader(const CsvTable& table, std::string_view text, const Error* error)
      : table_(table),
        text_(text.substr(table.dialect.body)),
        line_(table.dialect.bodyLine),
        syntax_(table.dialect.syntax),
        faultLine_(lineOf(error, table.where)) {}

  TablePreview read() {
    addColumns();
    while (preview_.rows.size() < TablePreview::kRows && next()) add();
    if (preview_.rows.size() == TablePreview::kRows && next()) {
      preview_.more = true;
      // The row that the Error is about, which the user needs to see.
      while (rows_->line() < faultLine_ && next()) continue;
      if (rows_->line() == faultLine_) add();
    }
    for (const TablePreview::Row& row : preview_.rows)
      preview_.width = std::max(preview_.width, row.cells.size());
    preview_.width = std::min(preview_.width, TablePreview::kColumns);
    return std::move(preview_);
  }

 private:
  void addColumns() {
    for (std::size_t c = 0; c < table_.dialect.width(); ++c) {
      TablePreview::Column& column = preview_.columns.emplace_back();
      column.name = table_.dialect.names[c];
      if (table_.decided < CsvDecided::Roles) continue;
      const CsvColumn& read = table_.columns[c];
      column.role = read.role();
      if (table_.decided == CsvDecided::Kinds && read.used) column.kind = read.kind;
    }
    preview_.width = preview_.columns.size();
  }

  // The next row; one that cannot be read is cut at each delimiter, because its quotes mean nothing.
  bool next() {
    if (!rows_) rows_.emplace(text_, syntax_, table_.where, table_.partial, line_);
    const std::size_t start = rows_->position();
    const std::int64_t line = rows_->nextLine();
    const Result<bool> more = rows_->next();
    if (more.ok()) return *more;
    syntax_.quote = '\0';
    text_ = text_.substr(start);
    rows_.emplace(text_, syntax_, table_.where, table_.partial, line);
    const Result<bool> plain = rows_->next();
    return plain.ok() && *plain;
  }

  TablePreview::CellState stateOf(std::size_t c) const {
    using enum TablePreview::CellState;
    if (table_.decided < CsvDecided::Kinds || c >= table_.columns.size() || !table_.columns[c].used)
      return Value;
    const CsvColumn& column = table_.columns[c];
    if (table_.isMissing(column, *rows_, c)) return Missing;
    const bool text =
        column.kind == FieldKind::Number && !parseNumber(rows_->cells()[c], table_.style).has_value();
    return text ? Fault : Value;
  }

  void add() {
    TablePreview::Row& row = preview_.rows.emplace_back();
    row.line = rows_->line();
    const std::size_t columns = preview_.columns.size();
    const bool fits = columns == 0 || checkWidth(*rows_, columns).ok();
    row.fault = !fits || row.line == faultLine_;
    std::size_t count = rows_->cells().size();
    if (fits && columns > 0) count = columns;  // without the empty cell after a trailing delimiter
    count = std::min(count, TablePreview::kColumns);
    for (std::size_t c = 0; c < count; ++c) {
      row.cells.push_back(shortened(rows_->cells()[c]));
      row.states.push_back(fits ? stateOf(c) : TablePreview::CellState::Value);
    }
  }

  const CsvTable& table_;
  std::string_view text_;
  std::int64_t line_;
  CsvSyntax syntax_;
  std::int64_t faultLine_;
  std::optional<CsvRows> rows_;
  TablePreview preview_;
};

}  // namespace

std::vector<std::string> TablePreview::names() const {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

TablePreview previewOf(const CsvTable& table, std::string_view text, const Error* error) {
  return PreviewReader(table, text, error).read();
}

}  // namespace tandem
