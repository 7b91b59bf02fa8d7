#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/data/csv_table.h"

namespace tandem {
namespace {

// The cells of one column in one chunk, by the way they are written.
struct Cells {
  ColumnShapes written;
  std::int64_t tokens = 0, tokenLine = 0, lookalikeLine = 0;
  std::string token, lookalike;
};

using ChunkCells = std::vector<Cells>;

Status countChunk(const CsvTable& table, std::size_t chunk, ChunkCells& counts, const RowVisitor& visit) {
  counts.resize(table.columns.size());
  std::vector<double> values(table.columns.size());
  CsvRows rows = table.rowsOf(chunk);
  for (;;) {
    TANDEM_ASSIGN(const bool more, rows.next());
    if (!more) return success();
    TANDEM_TRY(checkWidth(rows, table.columns.size()));
    std::ranges::fill(values, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (!table.columns[c].used || rows.cells()[c].empty()) continue;
      const std::string_view cell = rows.cells()[c];
      Cells& column = counts[c];
      if (isMissingNumber(cell, table.missing)) {
        const bool listed = std::ranges::find(table.missing, cell) != table.missing.end();
        if (!listed && column.tokens++ == 0) {
          column.token = cell;
          column.tokenLine = rows.line();
        }
        continue;
      }
      const NumberShape shape = shapeOf(cell, values[c]);
      column.written.add(shape, cell, rows.line());
      if (shape == kText && column.lookalikeLine == 0 && looksLikeNumber(cell, true)) {
        column.lookalike = cell;
        column.lookalikeLine = rows.line();
      }
    }
    if (visit) visit(chunk, rows, values);
  }
}

// All chunks of a column, in order.
Cells merged(const std::vector<ChunkCells>& chunks, std::size_t column) {
  Cells all;
  for (const ChunkCells& chunk : chunks) {
    if (chunk.empty()) continue;
    const Cells& cells = chunk[column];
    all.written.add(cells.written);
    if (all.tokens == 0) {
      all.token = cells.token;
      all.tokenLine = cells.tokenLine;
    }
    all.tokens += cells.tokens;
    if (all.lookalikeLine == 0) {
      all.lookalike = cells.lookalike;
      all.lookalikeLine = cells.lookalikeLine;
    }
  }
  return all;
}

bool mayBeNumbers(const CsvTable& table, std::size_t c, const Cells& cells) {
  const CsvColumn& column = table.columns[c];
  if (!column.used || (column.kindIsSet && column.kind == FieldKind::Category)) return false;
  if (column.kindIsSet || (c == table.target && !table.classes)) return true;
  std::int64_t numbers = 0, texts = 0;
  for (const ColumnShapes::Shape& each : cells.written.shapes)
    (each.shape == kText ? texts : numbers) += each.count;
  return numbers > texts;
}

NumberEvidence evidenceOf(const CsvTable& table, const std::vector<Cells>& columns) {
  NumberEvidence evidence;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (mayBeNumbers(table, c, columns[c])) evidence.add(columns[c].written, table.columns[c].name);
  }
  return evidence;
}

std::string placeOf(const CsvTable& table, std::int64_t line) {
  return fmt::format("{}:{}", table.where, line);
}

Error notANumber(const CsvTable& table, const CsvColumn& column, std::string_view hint) {
  return invalid(fmt::format("\"{}\" in column \"{}\" is not a number", column.firstText, column.name),
                 placeOf(table, column.firstTextLine), hint);
}

// The hint for a text in the first row: perhaps it is the header.
std::string hintFor(const CsvTable& table, const CsvColumn& column, const char* hint) {
  const std::int64_t first = table.dialect.firstLine;
  if (table.dialect.header || column.firstTextLine > first) return hint;
  return fmt::format("{}. If line {} contains the names of the columns, set the header to \"yes\"", hint,
                     first);
}

// Codes such as "1O" are no mistakes where no cell is a number.
bool hasLookalike(const CsvColumn& column) {
  return column.firstLookalikeLine > 0 && (column.numbers > 0 || looksLikeNumber(column.firstLookalike));
}

Error lookalike(const CsvTable& table, const CsvColumn& column) {
  return invalid(
      fmt::format("\"{}\" in column \"{}\" looks like a number but is not one", column.firstLookalike,
                  column.name),
      placeOf(table, column.firstLookalikeLine),
      "Write a plain number, set the decimal and thousands separators, or list the column among the categories");
}

// A few texts among class numbers are mistakes rather than classes.
bool isStray(const CsvColumn& column) {
  constexpr std::int64_t kFew = 20;  // one text in that many numbers
  return column.texts * kFew <= column.numbers;
}

Status decideKind(CsvTable& table, std::size_t c) {
  CsvColumn& column = table.columns[c];
  const bool target = c == table.target;
  if (target) {
    column.kind = table.classes ? FieldKind::Category : FieldKind::Number;
    column.numeric = column.texts == 0 && column.numbers > 0;
    if (!table.classes && column.texts > 0)
      return notANumber(table, column,
                        hintFor(table, column, "Make the target a category, or choose another target"));
    if (column.kindIsSet || !table.classes || column.texts == 0) return success();
    if (hasLookalike(column)) return lookalike(table, column);
    if (isStray(column))
      return notANumber(
          table, column,
          "Correct the value, list it among the missing values, or, if it is a class, list the column "
          "among the categories");
    return success();
  }
  if (column.kindIsSet) {
    column.numeric = column.texts == 0 && column.numbers > 0;
    if (column.kind == FieldKind::Number && column.texts > 0)
      return notANumber(table, column,
                        hintFor(table, column,
                                "Correct the value, list it among the missing values, or ignore the column"));
    return success();
  }
  if (column.texts == 0) return success();
  if (column.numbers > column.texts)
    return notANumber(
        table, column,
        hintFor(table, column, "Correct the value, list it among the missing values, or ignore the column"));
  column.kind = FieldKind::Category;
  column.numeric = false;
  if (hasLookalike(column)) return lookalike(table, column);
  return success();
}

}  // namespace

CsvRows CsvTable::rowsOf(std::size_t chunk) const {
  return {chunks[chunk].text, dialect.syntax, where, partial && chunk + 1 == chunks.size(),
          chunks[chunk].firstLine};
}

bool CsvTable::isMissing(const CsvColumn& column, const CsvRows& rows, std::size_t cell) const {
  const std::string_view value = rows.cells()[cell];
  return column.kind == FieldKind::Category && !column.numeric
             ? isMissingText(value, rows.isQuoted(cell), missing)
             : isMissingNumber(value, missing);
}

Status countColumns(CsvTable& table, const DataSpec& spec, const LoadProgress& progress,
                    const RowVisitor& visit) {
  std::vector<ChunkCells> chunks(table.chunks.size());
  TANDEM_TRY(forEachChunk(table.chunks, progress, 0.2, 0.6,
                          [&](std::size_t i) { return countChunk(table, i, chunks[i], visit); }));
  std::vector<Cells> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) columns.push_back(merged(chunks, c));
  TANDEM_ASSIGN(const StyleDecision decision,
                decideStyle(evidenceOf(table, columns), spec.table, table.dialect.syntax.delimiter,
                            std::nullopt, table.where));
  table.style = decision.style;
  if (!decision.note.empty()) table.notes.push_back(decision.note);
  Status kinds =
      success();  // the first Error; the kinds of the other columns are decided as well, for the preview
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    CsvColumn& column = table.columns[c];
    const Cells& cells = columns[c];
    const bool addresses = std::ranges::all_of(cells.written.shapes, [](const ColumnShapes::Shape& each) {
      return each.shape == kAddress || each.shape == kText;
    });
    for (const ColumnShapes::Shape& each : cells.written.shapes) {
      const bool number = fits(each.shape, table.style) && !addresses;
      (number ? column.numbers : column.texts) += each.count;
      if (!number && (column.firstTextLine == 0 || each.line < column.firstTextLine)) {
        column.firstText = each.cell;
        column.firstTextLine = each.line;
      }
      // A number in another style was certainly meant as one.
      if (!number && each.shape != kText && each.shape != kAddress &&
          (column.firstLookalikeLine == 0 || each.line < column.firstLookalikeLine)) {
        column.firstLookalike = each.cell;
        column.firstLookalikeLine = each.line;
      }
    }
    if (cells.lookalikeLine > 0 &&
        (column.firstLookalikeLine == 0 || cells.lookalikeLine < column.firstLookalikeLine)) {
      column.firstLookalike = cells.lookalike;
      column.firstLookalikeLine = cells.lookalikeLine;
    }
    column.tokens = cells.tokens;
    column.firstToken = cells.token;
    column.firstTokenLine = cells.tokenLine;
    if (!column.used) continue;
    if (Status kind = decideKind(table, c); !kind.ok() && kinds.ok()) kinds = std::move(kind);
  }
  table.decided = CsvDecided::Kinds;
  return kinds;
}

}  // namespace tandem
