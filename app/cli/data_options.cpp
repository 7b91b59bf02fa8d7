#include "app/cli/data_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/cli/class_table.h"
#include "core/data/builtin.h"
#include "core/data/csv_rows.h"
#include "core/data/detect.h"
#include "core/data/name_list.h"

namespace tandem::cli {
namespace {

// What is awkward to type on a command line.
std::string sign(const std::string& text) {
  if (text == "tab" || text == "\\t") return "\t";
  if (text == "space" || text == "spaces") return " ";
  if (text == "none") return "";
  return text;
}

// Other data must have the columns of the project's data, which are compared by name; the target is the same column.
Status matchColumns(DataSpec& data, const std::string& path) {
  if (data.kind != DataKind::Csv) return success();
  const auto before = probeDataset(data);
  if (!before.ok() || !before->named) return success();  // it is no longer there
  const auto target = std::ranges::find(before->fields, FieldRole::Target, &Field::role);
  if (data.targets.empty() && target != before->fields.end()) data.targets = {target->columnName()};
  DataSpec other = data;
  other.path = path;
  const auto now = probeDataset(other);
  if (!now.ok() || !now->named) return success();  // the reader reports errors
  for (const Field& field : before->fields)
    if (field.role == FieldRole::Feature &&
        std::ranges::find(now->fields, field.name, &Field::name) == now->fields.end())
      return invalid(fmt::format("there is no column \"{}\", which the project's data has", field.name), path,
                     "Use data with the same columns, or create a project for it: tandem new --data");
  return success();
}

}  // namespace

Status TableOptions::applyTo(TableFormat& format) const {
  if (delimiter) format.delimiter = sign(*delimiter);
  if (decimal) format.decimal = *decimal;
  if (thousands) format.thousands = *thousands == "none" ? *thousands : sign(*thousands);
  if (encoding) format.encoding = *encoding;
  if (missing) format.missing = nameList(*missing);
  return checkFormat(format);
}

// The first given option that describes tables, but no data of this kind; nullptr if there is none.
const char* DataOptions::tableOption(DataKind kind) const {
  if (kind == DataKind::Csv) return nullptr;
  const bool arrays = kind == DataKind::Numpy;
  const bool isText = kind == DataKind::TextFolder || kind == DataKind::TextFile;
  struct Known {
    const std::optional<std::string>& given;
    const char* name;
    bool applies = false;
  };
  const Known options[] = {{target, "--target", arrays || kind == DataKind::Cifar},
                           {numbers, "--numbers", arrays},
                           {table.encoding, "--encoding", isText},
                           {header, "--header"},
                           {quote, "--quote"},
                           {comment, "--comment"},
                           {sampleWeights, "--sample-weights"},
                           {categories, "--categories"},
                           {texts, "--texts"},
                           {ignore, "--ignore"},
                           {table.delimiter, "--delimiter"},
                           {table.decimal, "--decimal"},
                           {table.thousands, "--thousands"},
                           {table.missing, "--missing"}};
  for (const Known& option : options)
    if (option.given && !option.applies) return option.name;
  return nullptr;
}

bool DataOptions::describesSeries() const {
  return window || horizon || ahead || stride || seriesGroup || seriesOrder || wholeSeries || eachRow ||
         noPastTargets;
}

// Of data to which the options of tables have been applied.
Status DataOptions::checkTextsAndSeries(const DataSpec& data) const {
  const auto generates = [&](std::string_view name) {
    return data.kind == DataKind::Generated && data.generator == name;
  };
  const bool isTable = data.kind == DataKind::Csv, file = data.kind == DataKind::TextFile;
  const bool hasTexts =
      file || data.kind == DataKind::TextFolder || generates("sentences") || (isTable && !data.texts.empty());
  const bool windows = isTable || generates("series");
  struct Known {
    bool given;
    const char* name;
    bool applies;
  };
  const auto firstOf = [](std::initializer_list<Known> options) -> const char* {
    for (const Known& option : options)
      if (option.given && !option.applies) return option.name;
    return nullptr;
  };
  if (const char* const option = firstOf({{textUnit.has_value(), "--text-unit", hasTexts},
                                          {vocabulary.has_value(), "--vocabulary", hasTexts},
                                          {textSteps.has_value(), "--text-steps", hasTexts},
                                          {keepCase, "--keep-case", hasTexts}}))
    return invalid("describes texts, but the data has none", option,
                   isTable ? "Omit it, or name the columns of texts with --texts"
                           : "Omit it, or choose texts with --data");
  if (textStride && !file)
    return invalid("describes windows of a text file, but the data is of another kind", "--text-stride",
                   "Omit it, or choose a text file with --data");
  if (const char* const option = firstOf({{window.has_value(), "--window", windows},
                                          {horizon.has_value(), "--horizon", windows},
                                          {ahead.has_value(), "--ahead", windows},
                                          {stride.has_value(), "--stride", windows},
                                          {seriesGroup.has_value(), "--series-group", isTable},
                                          {seriesOrder.has_value(), "--series-order", isTable},
                                          {wholeSeries, "--whole-series", isTable},
                                          {eachRow, "--target-of-each-row", isTable},
                                          {noPastTargets, "--no-past-targets", isTable}}))
    return invalid("describes series in a table, but the data is of another kind", option,
                   "Omit it, or choose a table with --data");
  return success();
}

Status DataOptions::applyTo(DataSpec& data) const {
  if (path) {
    TANDEM_ASSIGN(DataSpec there, detectData(*path, masks.value_or(std::filesystem::path())));
    if (there.kind == DataKind::TextFile &&
        (data.kind == DataKind::Csv || tableOption(there.kind) || describesSeries())) {
      there = DataSpec();
      there.kind = DataKind::Csv;
      there.path = std::filesystem::absolute(*path).lexically_normal().string();
    }
    // Other data of the same kind is read with the project's settings.
    const bool builtin = isBuiltin(there.path) || isBuiltin(data.path);
    if (there.kind != data.kind || (builtin && there.path != data.path)) {
      data = there;
    } else {
      if (!target && !builtin) TANDEM_TRY(matchColumns(data, there.path));
      data.path = there.path;
      data.masks = there.masks;
    }
  } else if (masks) {
    if (data.kind != DataKind::ImageFolder)
      return invalid("masks belong to a folder of images, but the data is of another kind", masks->string(),
                     "Choose the folder of the images with --data");
    data.masks = std::filesystem::absolute(*masks).lexically_normal().string();
  }
  if (const char* const option = tableOption(data.kind))
    return invalid("describes tables, but the data is of another kind", option,
                   "Omit it, or choose a table with --data");
  for (const auto choice : {HeaderChoice::Auto, HeaderChoice::Yes, HeaderChoice::No})
    if (header && *header == nameOf(choice)) data.table.header = choice;
  if (quote) data.table.quote = sign(*quote);
  if (comment) data.table.comment = sign(*comment);
  for (const auto& [given, list] : {std::pair(&target, &data.targets), std::pair(&numbers, &data.numbers),
                                    std::pair(&categories, &data.categories),
                                    std::pair(&ignore, &data.ignore), std::pair(&texts, &data.texts)})
    if (*given) *list = nameList(**given);
  TANDEM_TRY(checkTextsAndSeries(data));
  if (array && data.kind != DataKind::Numpy)
    return invalid("names an array, but the data has none", "--array",
                   "Omit it, or choose a .npz or HDF5 file with --data");
  if (array) data.array = *array;
  if (sampleWeights) data.sampleWeights = *sampleWeights == "none" ? "" : *sampleWeights;
  for (const auto unit : {TextUnit::Words, TextUnit::Characters, TextUnit::Pairs})
    if (textUnit && *textUnit == nameOf(unit)) data.text.unit = unit;
  for (const auto& [given, number] :
       {std::pair(&vocabulary, &data.text.vocabulary), std::pair(&textSteps, &data.text.steps),
        std::pair(&textStride, &data.text.stride)})
    if (*given) *number = **given;
  if (keepCase) data.text.lowerCase = false;
  if (skipDamaged) data.skipDamaged = true;
  SeriesSpec& series = data.series;
  for (const auto& [given, number] : {std::pair(&window, &series.steps), std::pair(&horizon, &series.horizon),
                                      std::pair(&ahead, &series.ahead), std::pair(&stride, &series.stride)})
    if (*given) *number = **given;
  for (const auto& [given, column] :
       {std::pair(&seriesGroup, &series.group), std::pair(&seriesOrder, &series.order)})
    if (*given) *column = **given == "none" ? "" : **given;
  if (wholeSeries) series.whole = true;
  if (eachRow) series.eachStep = true;
  if (noPastTargets) series.pastTargets = false;
  return table.applyTo(data.table);
}

void addTableOptions(Command command, TableOptions& options) {
  command.option("--delimiter", options.delimiter,
                 "Table: the character between columns, or \"tab\" or \"spaces\"");
  command.option("--decimal", options.decimal, "Table: the decimal separator, . or ,");
  command.option("--thousands", options.thousands, "Table: the thousands separator, or \"none\"");
  command.option("--encoding", options.encoding, "Table or text: the encoding, such as windows-1252");
  command.option("--missing", options.missing,
                 "Table: values that stand for missing ones, separated by commas");
}

void addSkipDamaged(Command command, bool& skipDamaged) {
  command.flag("--skip-damaged", skipDamaged,
               "Images and texts: leave out files that cannot be read, and list them");
}

void addMasks(Command command, std::optional<std::filesystem::path>& masks) {
  command.option(
      "--masks", masks,
      "Images: the folder of masks, in which each level or color is a class (default: a folder \"masks\" "
      "beside \"images\")");
}

void addDataOptions(Command command, DataOptions& options, const char* about) {
  command.option("--data", options.path, about);
  command.option(
      "--target", options.target,
      "Table: the column to predict, or several, separated by commas; arrays: that of the targets; CIFAR-100: fine "
      "(default), coarse, or both");
  command.option("--array", options.array, "Arrays: the one of inputs (default: x or x_train)");
  command.option("--header", options.header, "Table: whether line 1 is a header")
      .choices({"auto", "yes", "no"});
  addTableOptions(command, options.table);
  command.option("--quote", options.quote, "Table: the quote, or \"none\"");
  command.option("--comment", options.comment,
                 "Table: the character that begins lines to ignore, or \"none\"");
  command.option(
      "--numbers", options.numbers,
      "Table: columns of numbers, separated by commas; arrays: that of the targets if they are values, not "
      "classes");
  command.option("--categories", options.categories, "Table: columns of categories, separated by commas");
  command.option("--ignore", options.ignore, "Table: columns to ignore, separated by commas");
  command.option("--texts", options.texts, "Table: columns to read as text, separated by commas");
  command.option("--text-unit", options.textUnit, "Text: what it is cut into; pairs: frequent parts of words")
      .choices({"words", "characters", "pairs"});
  command
      .option("--vocabulary", options.vocabulary,
              "Text: the number of different tokens at most; others are unknown")
      .range(TextFormat::kLeastVocabulary, TextFormat::kMostVocabulary);
  command
      .option("--text-steps", options.textSteps,
              "Text: the number of tokens at most, others are cut, or the length of a window; 0: automatic")
      .range(std::int64_t{0}, TextFormat::kMostSteps);
  command
      .option("--text-stride", options.textStride,
              "Text file: how many tokens later the next window begins; 0: as many as it has")
      .range(std::int64_t{0}, TextFormat::kMostSteps);
  command.flag("--keep-case", options.keepCase, "Text: distinguish capital letters");
  command.option("--sample-weights", options.sampleWeights,
                 "Table: the column that weights the rows in the training loss, or \"none\"");
  command
      .option(
          "--window", options.window,
          "Table of a time series: each sample is this many rows; 0: one row. With --whole-series, at most as many")
      .range(std::int64_t{0}, SeriesSpec::kMaxSteps);
  command
      .option("--horizon", options.horizon,
              "Windows: how many rows after the last one the target is; 1: the next")
      .range(std::int64_t{1}, SeriesSpec::kMaxSteps);
  command.option("--ahead", options.ahead, "Windows: the number of consecutive rows to predict")
      .range(std::int64_t{1}, SeriesSpec::kMaxAhead);
  command.option("--stride", options.stride, "Windows: how many rows later the next window begins")
      .range(std::int64_t{1}, SeriesSpec::kMaxStride);
  command.option("--series-group", options.seriesGroup,
                 "Table: the column that names the series of each row, or \"none\"");
  command.option("--series-order", options.seriesOrder,
                 "Table: the column of time stamps that must not decrease, or \"none\"");
  command.flag("--whole-series", options.wholeSeries,
               "Table: each series of --series-group is one sample; they may differ in length");
  command.flag(
      "--target-of-each-row", options.eachRow,
      "With --whole-series: each row of a series has a target; otherwise the last row has that of the series");
  command.flag("--no-past-targets", options.noPastTargets, "Windows: leave out the targets' own past values");
  addMasks(command, options.masks);
  addSkipDamaged(command, options.skipDamaged);
}

void printNotes(const DatasetInfo& info) {
  for (const std::string& note : info.notes) std::cout << note << '\n';
  for (const DataTensor& target : info.targets) {
    if (target.classes == 0) continue;
    std::vector<std::string> names;
    for (const std::string& name : target.classNames) names.push_back(shownName(name));
    std::cout << fmt::format("{} classes{}: {}\n", target.classes,
                             info.targets.size() > 1 ? fmt::format(" of \"{}\"", target.name) : "",
                             shortList(names));
  }
}

}  // namespace tandem::cli
