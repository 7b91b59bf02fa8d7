#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/data/csv_table.h"
#include "core/data/image_batch.h"
#include "core/data/image_name.h"

namespace tandem {
namespace {

// The cells of one column in one chunk, by the way they are written.
struct Cells {
  ColumnShapes written;
  std::int64_t images = 0, tokens = 0, tokenLine = 0, lookalikeLine = 0;
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
      if (shape != kText) continue;
      column.images += isImageName(cell);
      if (column.lookalikeLine == 0 && looksLikeNumber(cell, true)) {
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
    all.images += cells.images;
    if (all.lookalikeLine == 0) {
      all.lookalike = cells.lookalike;
      all.lookalikeLine = cells.lookalikeLine;
    }
  }
  return all;
}

bool mayBeNumbers(const CsvTable& table, std::size_t c, const Cells& cells) {
  const CsvColumn& column = table.columns[c];
  if (!column.used || (column.kindIsSet && column.kind != FieldKind::Number)) return false;
  if (column.kindIsSet || (column.target && !table.classes)) return true;
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

bool namesImages(const CsvColumn& column) {
  return column.images > 0 && column.images == column.texts && column.numbers == 0;
}

Status decideKind(CsvTable& table, std::size_t c) {
  CsvColumn& column = table.columns[c];
  const bool images = namesImages(column) && !column.kindIsSet;
  if (column.kindIsSet && column.kind == FieldKind::Text) {
    column.numeric = false;
    if (!column.target) return success();
    return invalid(fmt::format("column \"{}\" is text, which cannot be predicted", column.name), table.where,
                   "Choose another target, or list the column among the categories");
  }
  if (!column.declared.empty() &&
      (column.target ? table.hasClasses(column) : column.kind == FieldKind::Category)) {
    column.kind = FieldKind::Category;
    column.numeric = false;
    return success();
  }
  if (column.target) {
    if (images)
      return invalid(fmt::format("column \"{}\" names images, which cannot be predicted", column.name),
                     table.where, "Choose another target");
    const bool classes = table.hasClasses(column);
    column.kind = classes ? FieldKind::Category : FieldKind::Number;
    column.numeric = column.texts == 0 && column.numbers > 0;
    if (!classes && column.texts > 0)
      return notANumber(table, column,
                        hintFor(table, column, "Make the target a category, or choose another target"));
    if (column.kindIsSet || !classes || column.texts == 0) return success();
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
  if (images) {
    column.kind = FieldKind::Image;
    column.numeric = false;
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

// Images have a possible size, and tensors of the dataset different names.
Status checkTensors(const CsvTable& table, const DataSpec& spec) {
  const std::string_view shared = tensorOf(Field{});  // of all numbers and categories
  bool images = false, others = false, taken = false;
  std::size_t count = 0, texts = 0;
  for (const CsvColumn& column : table.columns) {
    if (!column.used) continue;
    const bool image = column.kind == FieldKind::Image;
    const bool text = column.kind == FieldKind::Text;
    images = images || image;
    others = others || !(image || text || column.target || column.weight);
    taken = taken || ((image || text) && column.name == shared);
    count += image ? 1 : 0;
    texts += text ? 1 : 0;
  }
  if (images && spec.series.isSet())
    return invalid("columns of images cannot be part of a series", table.where,
                   "Ignore them, or use each row as a separate sample");
  if (images) TANDEM_TRY(checkImageSpec(spec));
  if (count > kMaxImageColumns)
    return invalid(fmt::format("{} columns name images; at most {} are possible", count, kMaxImageColumns),
                   table.where, "Ignore some of them");
  if (count + texts > kMaxImageColumns)
    return invalid(fmt::format("{} columns are images or texts; at most {} are possible", count + texts,
                               kMaxImageColumns),
                   table.where, "Ignore some of them");
  if (!others || !taken) return success();
  return invalid(
      fmt::format("column \"{}\" has the same name as the input for all numbers and categories", shared),
      table.where, "Rename the column");
}

}  // namespace

CsvRows CsvTable::rowsOf(std::size_t chunk) const {
  return {chunks[chunk].text, dialect.syntax, where, partial && chunk + 1 == chunks.size(),
          chunks[chunk].firstLine};
}

bool CsvTable::isMissing(const CsvColumn& column, const CsvRows& rows, std::size_t cell) const {
  const std::string_view value = rows.cells()[cell];
  return (column.kind == FieldKind::Category || column.kind == FieldKind::Text) && !column.numeric
             ? isMissingText(value, rows.isQuoted(cell), missing)
             : isMissingNumber(value, missing);
}

std::int64_t CsvTable::features() const {
  return std::ranges::count_if(columns, [](const CsvColumn& each) { return each.isFeature(); });
}

bool CsvTable::isOpen(std::size_t column) const {
  return columns[column].used && !columns[column].target && !columns[column].kindIsSet;
}

void CsvTable::ignore(std::size_t column, std::string_view reason) {
  columns[column].used = false;
  notes.push_back(
      fmt::format("Column \"{}\" {}: it is ignored unless it is listed among the numbers or categories",
                  columns[column].name, reason));
}

void CsvTable::ignoreProse(std::size_t column) {
  if (!isOpen(column) || features() < 2) return;
  ignore(column, "contains mostly different texts, such as names");
  notes.back() += ", or among the texts, which are read word by word";
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
    column.images = cells.images;
    column.tokens = cells.tokens;
    column.firstToken = cells.token;
    column.firstTokenLine = cells.tokenLine;
    // Prose that began like names of images.
    if (!namesImages(column) && std::ranges::find(table.dialect.prose, c) != table.dialect.prose.end())
      table.ignoreProse(c);
    if (!column.used) continue;
    if (Status kind = decideKind(table, c); !kind.ok() && kinds.ok()) kinds = std::move(kind);
  }
  table.decided = CsvDecided::Kinds;
  TANDEM_TRY(std::move(kinds));
  return checkTensors(table, spec);
}

}  // namespace tandem
