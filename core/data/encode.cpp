#include "core/data/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

#include "core/base/file.h"
#include "core/data/byte_source.h"
#include "core/data/csv_dialect.h"
#include "core/data/csv_number.h"
#include "core/data/encode_image.h"
#include "core/data/encode_series.h"
#include "core/data/encode_text.h"
#include "core/data/image_name.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

using Cells = std::span<const std::string_view>;

constexpr std::uint64_t kMaxImageBytes = 512u << 20;

class TableEncoder {
 public:
  TableEncoder(std::string_view text, const Preprocessing& preprocessing, const std::string& where,
               Labels labels, const TableFormat& given)
      : model_(preprocessing),
        fields_(preprocessing.fields),
        format_(preprocessing.table),
        given_(given),
        named_(preprocessing.named),
        complete_(preprocessing.complete),
        labelled_(labels == Labels::Needed),
        where_(where),
        text_(text),
        rows_(text, {}, where_),
        texts_(preprocessing) {
    if (!given.missing.empty()) format_.missing = given.missing;
    if (!format_.decimal.empty())
      trained_ = {format_.decimal[0], format_.thousands.size() == 1 ? format_.thousands[0] : '\0'};
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (f == 0 || fields_[f].column.empty() || fields_[f].column != fields_[f - 1].columnName())
        ++allColumns_;
      columnOf_.push_back(allColumns_ - 1);
      fieldOf_.emplace(fields_[f].columnName(), f);
      if (fields_[f].role == FieldRole::Target) targets_.push_back(f);
      if (fields_[f].role == FieldRole::Weight) weight_ = f;
      if (fields_[f].role != FieldRole::Feature) continue;
      features_.push_back(f);
      names_.push_back(fields_[f].name);
    }
    const std::vector<InputFields> inputs = preprocessing.inputs();
    for (const std::size_t f : features_)
      inputOf_.push_back(static_cast<std::size_t>(
          std::ranges::find(inputs, tensorOf(fields_[f]), &InputFields::name) - inputs.begin()));
    result_.inputs.resize(inputs.size());
    if (labelled_) result_.targets.resize(targets_.size());
  }

  Result<EncodedSamples> run() {
    // The file may be written differently from the training data, but its quotes and comments are the same.
    TableFormat format = format_;
    format.header = HeaderChoice::Auto;
    format.delimiter = given_.delimiter;
    format.decimal = given_.decimal;
    format.thousands = given_.thousands;
    TANDEM_ASSIGN(const CsvDialect dialect, findDialect(text_, format, where_));
    syntax_ = dialect.syntax;
    text_.remove_prefix(dialect.start);
    firstLine_ = dialect.startLine;
    rows_ = CsvRows(text_, syntax_, where_, false, firstLine_);
    TANDEM_ASSIGN(bool more, rows_.next());
    if (!more) return noRows();
    first_ = rows_.cells().first(std::min(dialect.width(), rows_.cells().size()));
    width_ = first_.size();
    if (isHeader(first_, dialect)) {
      header_ = true;
      if (named_) TANDEM_TRY(matchNames(first_));
      TANDEM_ASSIGN(more, rows_.next());
      if (!more) return noRows();
    }
    const Cells all = rows_.cells();
    if (!header_ && !positionsIn(width_) && positionsIn(all.size()))
      width_ = all.size();  // a missing value at the end
    if (columns_.empty()) TANDEM_TRY(matchPositions());
    if (labelled_ && targets_.empty())
      return invalid("the model does not know its target", where_, "Provide the rows with their labels");
    for (std::size_t t = 0; labelled_ && t < targets_.size(); ++t)
      if (!targetColumns_[t])
        return invalid(
            fmt::format("there is no column \"{}\", the target", fields_[targets_[t]].columnName()), where_,
            "Provide the rows with their labels");
    TANDEM_TRY(chooseStyle());
    for (; more;) {
      TANDEM_TRY(encodeRow());
      TANDEM_ASSIGN(more, rows_.next());
    }
    if (skipped_.rows > 0) result_.notes.push_back(skipped_.text());
    if (result_.lines.empty())
      return invalid("every row has a missing value", where_, "Provide rows with all values");
    if (model_.series.isSet()) {
      const SeriesPart* const part = &series_;
      TANDEM_TRY(encodeSeries(joined({&part, 1}), model_, labelled_ ? Labels::Needed : Labels::NotNeeded,
                              where_, result_));
    }
    texts_.addNotes(result_);
    return std::move(result_);
  }

 private:
  Error noRows() const {
    return Error{ErrorCode::Io, "there are no rows to predict", where_, "Add one row per sample"};
  }

  static std::vector<std::string> namesIn(Cells header) {
    return columnNames({header.begin(), header.end()});
  }

  bool isHeader(Cells cells, const CsvDialect& dialect) const {
    if (named_) {
      const std::vector<std::string> names = namesIn(cells);
      const std::set<std::string_view> given(names.begin(), names.end());
      const auto known = static_cast<std::size_t>(
          std::ranges::count_if(names_, [&](const std::string& name) { return given.contains(name); }));
      if (2 * known > names_.size()) return true;
    }
    if (dialect.certain) return dialect.header;
    if (std::ranges::any_of(features_, [&](std::size_t f) { return fields_[f].kind == FieldKind::Text; }))
      return false;  // any text may be data
    if (std::ranges::any_of(cells, [&](auto cell) { return shapeOf(cell) != kText; })) return false;
    if (std::ranges::all_of(cells, [&](auto cell) { return isMissingNumber(cell, format_.missing); }))
      return false;
    // A row with a known category at its position is data.
    const auto knows = [&](std::size_t field, std::size_t column) {
      if (fields_[field].kind == FieldKind::Image) return isImageName(cells[column]);
      return fields_[field].kind == FieldKind::Category && categoryOf(fields_[field], cells[column]);
    };
    const auto columns = positionsIn(cells.size());
    if (!columns) return true;
    if (!named_ &&
        std::ranges::any_of(features_, [&](std::size_t f) { return fields_[f].kind == FieldKind::Category; }))
      return false;  // an unknown category rather than a name, which the training data did not have either
    for (std::size_t k = 0; k < features_.size(); ++k)
      if (knows(features_[k], (*columns)[k])) return false;
    return !(holdsAll(cells.size()) && std::ranges::any_of(targets_, [&](std::size_t t) {
               return knows(t, columnIn(cells.size(), t));
             }));
  }

  // One decision for the numbers of the whole file, as for the training data.
  Status chooseStyle() {
    NumberEvidence evidence;
    std::vector<ColumnShapes> shapes(width_);
    CsvRows rows(text_, syntax_, where_, false, firstLine_);
    for (bool skip = header_;;) {
      const Result<bool> more = rows.next();
      if (!more.ok() || !*more) break;  // encodeRow() reports the error
      if (std::exchange(skip, false)) continue;
      const auto count = [&](const Field& field, std::size_t column) {
        if (field.kind != FieldKind::Number || column >= rows.cells().size()) return;
        const std::string_view cell = rows.cells()[column];
        if (!isMissingNumber(cell, format_.missing)) shapes[column].add(shapeOf(cell), cell, rows.line());
      };
      for (std::size_t k = 0; k < columns_.size(); ++k) count(fields_[features_[k]], columns_[k]);
      forEachTarget(count);
    }
    for (std::size_t k = 0; k < columns_.size(); ++k)
      evidence.add(shapes[columns_[k]], fields_[features_[k]].name);
    forEachTarget([&](const Field& field, std::size_t column) { evidence.add(shapes[column], field.name); });
    std::optional<NumberStyle> expected;
    // A decimal comma in a file separated by commas is quoted, as the training data must have been.
    const bool alike = format_.delimiter == std::string_view(&syntax_.delimiter, 1);
    if (!format_.decimal.empty() && (alike || trained_.decimal != syntax_.delimiter)) expected = trained_;
    TANDEM_ASSIGN(StyleDecision decision, decideStyle(evidence, given_, syntax_.delimiter, expected, where_));
    style_ = decision.style;
    if (!decision.note.empty()) result_.notes.push_back(std::move(decision.note));
    return success();
  }

  Status matchNames(Cells header) {
    const std::vector<std::string> given = namesIn(header);
    std::unordered_map<std::string_view, std::size_t> columnOf;
    for (std::size_t c = 0; c < given.size(); ++c)
      if (!columnOf.emplace(given[c], c).second)
        return invalid(fmt::format("two columns are named \"{}\"", given[c]), rows_.place(),
                       "Rename or remove one");
    for (const std::string& name : names_) {
      const auto at = columnOf.find(name);
      if (at == columnOf.end())
        return invalid(
            fmt::format("there is no column \"{}\"", name), rows_.place(),
            fmt::format("The network needs {}; the columns are {}", shortList(names_), shortList(given)));
      columns_.push_back(at->second);
    }
    for (const std::size_t t : targets_) {
      const auto at = columnOf.find(fields_[t].columnName());
      targetColumns_.push_back(at == columnOf.end() ? std::nullopt : std::optional(at->second));
    }
    TANDEM_ASSIGN(seriesColumns_, seriesColumnsIn(given, fields_, rows_.place()));
    for (std::size_t c = 0; c < given.size(); ++c)
      if (!header[c].empty() && !fieldOf_.contains(given[c]))
        return invalid(
            fmt::format("the network was not trained with a column \"{}\"", given[c]), rows_.place(),
            fmt::format("Remove it, or correct its name: the network needs {}", shortList(names_)));
    return success();
  }

  // Whether rows of `width` cells hold all columns of the training data, perhaps without the sample weights.
  bool holdsAll(std::size_t width) const {
    return complete_ && (width == allColumns_ || (weight_ && width + 1 == allColumns_));
  }
  // The column of a field in such rows.
  std::size_t columnIn(std::size_t width, std::size_t field) const {
    const bool after = width < allColumns_ && field > *weight_;
    return after ? columnOf_[field] - 1 : columnOf_[field];
  }

  // The columns of the features in rows of `width` cells that hold the features alone or, if they are known,
  // all columns of the training data.
  std::optional<std::vector<std::size_t>> positionsIn(std::size_t width) const {
    std::vector<std::size_t> columns = features_;
    if (width == features_.size())
      std::iota(columns.begin(), columns.end(), std::size_t{0});
    else if (!holdsAll(width))
      return std::nullopt;
    else
      for (std::size_t& column : columns) column = columnIn(width, column);
    return columns;
  }

  Status matchPositions() {
    const auto columns = positionsIn(width_);
    if (!columns)
      return invalid(fmt::format("{}, but the network needs {}", counted(width_, "value"), features_.size()),
                     rows_.place(),
                     named_ ? fmt::format("Add a header row, or provide the columns {}", shortList(names_))
                            : "Provide the columns that the network was trained on, without the target");
    columns_ = *columns;
    wholeTable_ = width_ != features_.size();
    for (const std::size_t t : targets_)
      targetColumns_.push_back(wholeTable_ ? std::optional(columnIn(width_, t)) : std::nullopt);
    std::vector<std::string> all, given(width_);
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      const Field& field = fields_[f];
      if (field.role == FieldRole::Weight && width_ < allColumns_) continue;
      if (f > 0 && columnOf_[f] == columnOf_[f - 1]) continue;
      if (wholeTable_) given[columnIn(width_, f)] = field.columnName();
      const bool used = field.role != FieldRole::Ignored && field.role != FieldRole::Weight &&
                        (labelled_ || field.role != FieldRole::Target);
      all.push_back(used ? field.columnName() : fmt::format("{} (not used)", field.columnName()));
    }
    TANDEM_ASSIGN(seriesColumns_, seriesColumnsIn(given, fields_, rows_.place()));
    if (named_)
      result_.notes.push_back(fmt::format("There is no header row; the columns are matched by position: {}",
                                          shortList(wholeTable_ ? all : names_)));
    else if (header_)
      result_.notes.emplace_back(
          "The first row is taken as a header. The network's columns have no names; they "
          "are matched by position");
    return success();
  }

  // Without names, only the target distinguishes the columns of the training data from those of another table.
  Status checkTarget(const Field& field, std::string_view cell) const {
    const bool known =
        isMissingNumber(cell, format_.missing) ||
        (field.kind == FieldKind::Category ? categoryOf(field, cell).has_value() : shapeOf(cell) != kText);
    if (known) return success();
    return invalid(fmt::format("{}, but the network needs {}: \"{}\" is not a value of the target \"{}\"",
                               counted(width_, "value"), features_.size(), cell, field.name),
                   rows_.place(),
                   fmt::format("Add a header row, or provide the columns {}", shortList(names_)));
  }

  // As in training, numbers are equal categories however they are written: "1" and "1.0".
  std::optional<std::size_t> categoryOf(const Field& field, std::string_view cell) const {
    const auto& list = field.categories;
    auto found = std::ranges::find(list, cell);
    if (found == list.end()) {
      const bool texts = !std::ranges::all_of(
          list, [&](const std::string& each) { return parseNumber(each, trained_).has_value(); });
      if (const auto number = categoryNumber(cell, style_, texts))
        found = std::ranges::find_if(
            list, [&](const std::string& each) { return categoryNumber(each, trained_, texts) == number; });
    }
    if (found == list.end()) return std::nullopt;
    return static_cast<std::size_t>(found - list.begin());
  }

  Status encodeRow() {
    const Cells cells = rows_.cells();
    TANDEM_TRY(checkWidth(rows_, width_));
    if (wholeTable_)
      for (std::size_t t = 0; t < targets_.size(); ++t)
        TANDEM_TRY(checkTarget(fields_[targets_[t]], cells[*targetColumns_[t]]));
    // As in training. For prediction, each row needs an answer, so that a missing value is an Error; but not in a series.
    const bool skip = (labelled_ || model_.series.isSet()) && hasMissing();
    if (model_.series.isSet())
      TANDEM_TRY(seriesColumns_.read(rows_, !skip, model_.series, format_.missing, style_, series_));
    if (skip) {
      skipped_.add(rows_.line());
      return success();
    }
    for (std::size_t k = 0; k < columns_.size(); ++k)
      TANDEM_TRY(encodeFeature(fields_[features_[k]], columns_[k], result_.inputs[inputOf_[k]]));
    for (std::size_t t = 0; t < result_.targets.size(); ++t)
      TANDEM_TRY(readLabel(fields_[targets_[t]], *targetColumns_[t], result_.targets[t]));
    result_.lines.push_back(rows_.line());
    ++result_.rows;
    return success();
  }

  bool hasMissing() const {
    const auto isMissing = [&](const Field& field, std::size_t column) {
      const std::string_view cell = rows_.cells()[column];
      if (field.kind != FieldKind::Category && field.kind != FieldKind::Text)
        return isMissingNumber(cell, format_.missing);
      return !categoryOf(field, cell) && isMissingText(cell, rows_.isQuoted(column), format_.missing);
    };
    for (std::size_t k = 0; k < columns_.size(); ++k)
      if (isMissing(fields_[features_[k]], columns_[k])) return true;
    bool missing = false;
    forEachTarget(
        [&](const Field& field, std::size_t column) { missing = missing || isMissing(field, column); });
    return missing;
  }

  // Calls visit(field, column) for each target whose labels are read.
  template <class Visit>
  void forEachTarget(const Visit& visit) const {
    for (std::size_t t = 0; labelled_ && t < targets_.size(); ++t)
      visit(fields_[targets_[t]], *targetColumns_[t]);
  }

  Error missing(const Field& field) const {
    return invalid(fmt::format("the value in column \"{}\" is missing", field.name), rows_.place(),
                   "Enter a value or remove the row");
  }

  Result<std::size_t> category(const Field& field, std::size_t column) const {
    const std::string_view cell = rows_.cells()[column];
    const auto category = categoryOf(field, cell);
    if (category) return *category;
    if (isMissingText(cell, rows_.isQuoted(column), format_.missing)) return missing(field);
    return invalid(fmt::format("\"{}\" is not a {} column \"{}\"", cell,
                               field.role == FieldRole::Target ? "class of" : "category of", field.name),
                   rows_.place(), "The network knows " + shortList(field.categories));
  }

  Result<double> number(const Field& field, std::size_t column) const {
    const std::string_view cell = rows_.cells()[column];
    if (isMissingNumber(cell, format_.missing)) return missing(field);
    const auto value = parseNumber(cell, style_);
    if (!value)
      return invalid(fmt::format("\"{}\" in column \"{}\" is not a number", cell, field.name), rows_.place(),
                     "Correct the value or remove the row");
    // float32 holds the normalized value.
    if (std::isfinite(normalized(field, 0, *value))) return *value;
    return Error{ErrorCode::Numeric,
                 fmt::format("{} in column \"{}\" is {}", cell, field.name,
                             std::isfinite(*value) ? "too large for float32" : "not a finite number"),
                 rows_.place(), "Correct the value or remove the row"};
  }

  Status encodeFeature(const Field& field, std::size_t column, std::vector<float>& out) {
    if (field.kind == FieldKind::Image) return readImage(field, column, out);
    if (field.kind == FieldKind::Text) return readText(field, column);
    if (field.kind == FieldKind::Category) {
      TANDEM_ASSIGN(const std::size_t hot, category(field, column));
      for (std::size_t i = 0; i < field.categories.size(); ++i)
        out.push_back(normalized(field, i, i == hot ? 1 : 0));
      return success();
    }
    TANDEM_ASSIGN(const double value, number(field, column));
    out.push_back(normalized(field, 0, value));
    return success();
  }

  Status readText(const Field& field, std::size_t column) {
    const std::string_view cell = rows_.cells()[column];
    if (isMissingText(cell, rows_.isQuoted(column), format_.missing)) return missing(field);
    return texts_.add(field, cell, rows_.place(), result_);
  }

  Status readImage(const Field& field, std::size_t column, std::vector<float>& out) {
    const std::string_view cell = rows_.cells()[column];
    if (isMissingNumber(cell, format_.missing)) return missing(field);
    const std::filesystem::path file = imageFileOf(where_, cell);
    const auto bytes = readFile(file, kMaxImageBytes);
    if (!bytes.ok())
      return Error{bytes.error().code,
                   fmt::format("the image \"{}\" in column \"{}\" cannot be read: {}", cell, field.name,
                               bytes.error().message),
                   rows_.place(), "Correct the name, which is relative to the folder of the table"};
    return appendImage(*bytes, field, file.string(), out, result_.notes);
  }

  Status readLabel(const Field& field, std::size_t column, EncodedTarget& out) {
    if (field.kind == FieldKind::Category) {
      TANDEM_ASSIGN(const std::size_t label, category(field, column));
      out.classOf.push_back(static_cast<std::int32_t>(label));
      return success();
    }
    TANDEM_ASSIGN(const double value, number(field, column));
    out.valueOf.push_back(value);
    return success();
  }

  const Preprocessing& model_;
  const std::vector<Field>& fields_;
  TableFormat format_;        // of the training data, with the missing values of this table
  const TableFormat& given_;  // by the user, for this table
  bool named_, complete_, labelled_, header_ = false;
  bool wholeTable_ = false;  // rows hold all columns of the training data, matched by position
  std::string where_;
  std::string_view text_;  // from the header or the first row on
  std::int64_t firstLine_ = 1;
  CsvSyntax syntax_;
  NumberStyle style_, trained_;  // of this table, and of the training data
  CsvRows rows_;
  Cells first_;
  std::unordered_map<std::string_view, std::size_t> fieldOf_;  // by name
  std::vector<std::size_t> targets_;                           // indices of fields
  std::optional<std::size_t> weight_;                          // likewise
  std::vector<std::optional<std::size_t>> targetColumns_;      // of the table, for each target
  std::vector<std::size_t> features_;                          // indices of fields
  std::vector<std::size_t> inputOf_;                           // index of the input that a feature belongs to
  std::vector<std::string> names_;                             // of the features
  std::vector<std::size_t> columns_;                           // of the table, for each feature
  std::size_t width_ = 0;                                      // cells of a row
  std::vector<std::size_t> columnOf_;                          // of the training data, for each field
  std::size_t allColumns_ = 0;                                 // columns of the training data
  SeriesColumns seriesColumns_;
  SeriesPart series_;
  TextInputs texts_;
  CsvSkipped skipped_;
  EncodedSamples result_;
};

}  // namespace

const Field* onlyImage(const Preprocessing& preprocessing) {
  const std::vector<InputFields> inputs = preprocessing.inputs();
  return inputs.size() == 1 && inputs[0].isImage() && preprocessing.table.delimiter.empty()
             ? inputs[0].fields[0]
             : nullptr;
}

Result<EncodedSamples> encodeTable(std::string_view text, const Preprocessing& preprocessing,
                                   const std::string& where, Labels labels, const TableFormat& given) {
  if (const auto image = onlyImage(preprocessing))
    return invalid("the network needs images of " + image->image.text(), where, "Provide PNG or JPEG files");
  if (continuesText(preprocessing))
    return invalid("the network continues a text", where, "Provide text files");
  return TableEncoder(text, preprocessing, where, labels, given).run();
}

Result<EncodedSamples> encodeImage(std::span<const std::uint8_t> bytes, const Preprocessing& preprocessing,
                                   const std::string& where) {
  const std::vector<InputFields> inputs = preprocessing.inputs();
  if (inputs.size() != 1 || !inputs[0].isImage())
    return invalid("the file is an image, but the network needs " +
                       (inputs.size() > 1    ? "further inputs"
                        : inputs[0].isText() ? "texts"
                                             : inputs[0].sample().text() + " numbers"),
                   where, inputs.size() == 1 && inputs[0].isText() ? "Provide texts" : "Provide a CSV file");
  EncodedSamples result;
  result.rows = 1;
  TANDEM_TRY(appendImage(bytes, *inputs[0].fields[0], where, result.inputs.emplace_back(), result.notes));
  return result;
}

}  // namespace tandem
