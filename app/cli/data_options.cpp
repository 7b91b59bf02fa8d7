#include "app/cli/data_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "core/data/csv_rows.h"
#include "core/data/detect.h"

namespace tandem::cli {
namespace {

// What is awkward to type on a command line.
std::string sign(const std::string& text) {
  if (text == "tab" || text == "\\t") return "\t";
  if (text == "space" || text == "spaces") return " ";
  if (text == "none") return "";
  return text;
}

// "a,b", with names that contain a comma in quotes: "\"height, cm\",b".
std::vector<std::string> split(const std::string& list) {
  CsvRows rows(list, {}, "");
  const auto any = rows.next();
  if (!any.ok() || !*any) return {};
  std::vector<std::string> items;
  for (const std::string_view cell : rows.cells())
    if (!cell.empty()) items.emplace_back(cell);
  return items;
}

// Other data must have the columns of the project's data, which are compared by name; the target is the same column.
Status matchColumns(DataSpec& data, const std::string& path) {
  if (data.kind != DataKind::Csv) return success();
  const auto before = probeDataset(data);
  if (!before.ok() || !before->named) return success();  // it is no longer there
  if (data.target.empty())
    data.target = std::ranges::find(before->fields, FieldRole::Target, &Field::role)->name;
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
  if (missing) format.missing = split(*missing);
  return checkFormat(format);
}

Status DataOptions::applyTo(DataSpec& data) const {
  if (path) {
    TANDEM_ASSIGN(const DataSpec there, detectData(*path));
    // Other data of the same kind is read with the project's settings.
    if (there.kind != data.kind) {
      data = there;
    } else {
      if (!target) TANDEM_TRY(matchColumns(data, there.path));
      data.path = there.path;
    }
  }
  if (target) data.target = *target;
  for (const auto choice : {HeaderChoice::Auto, HeaderChoice::Yes, HeaderChoice::No})
    if (header && *header == nameOf(choice)) data.table.header = choice;
  if (quote) data.table.quote = sign(*quote);
  if (comment) data.table.comment = sign(*comment);
  for (const auto& [given, list] :
       {std::pair(&numbers, &data.numbers), std::pair(&categories, &data.categories),
        std::pair(&ignore, &data.ignore)})
    if (*given) *list = split(**given);
  if (skipDamaged) data.skipDamaged = true;
  return table.applyTo(data.table);
}

void addTableOptions(Command command, TableOptions& options) {
  command.option("--delimiter", options.delimiter,
                 "Table: the character between columns, or \"tab\" or \"spaces\"");
  command.option("--decimal", options.decimal, "Table: the decimal separator, . or ,");
  command.option("--thousands", options.thousands, "Table: the thousands separator, or \"none\"");
  command.option("--encoding", options.encoding, "Table: the text encoding, such as windows-1252");
  command.option("--missing", options.missing,
                 "Table: values that stand for missing ones, separated by commas");
}

void addSkipDamaged(Command command, bool& skipDamaged) {
  command.flag("--skip-damaged", skipDamaged, "Images: leave out those that cannot be read, and list them");
}

void addDataOptions(Command command, DataOptions& options, const char* about) {
  command.option("--data", options.path, about);
  command.option("--target", options.target, "Table: the column to predict");
  command.option("--header", options.header, "Table: whether line 1 is a header")
      .choices({"auto", "yes", "no"});
  addTableOptions(command, options.table);
  command.option("--quote", options.quote, "Table: the quote, or \"none\"");
  command.option("--comment", options.comment,
                 "Table: the character that begins lines to ignore, or \"none\"");
  command.option("--numbers", options.numbers, "Table: columns of numbers, separated by commas");
  command.option("--categories", options.categories, "Table: columns of categories, separated by commas");
  command.option("--ignore", options.ignore, "Table: columns to ignore, separated by commas");
  addSkipDamaged(command, options.skipDamaged);
}

void printNotes(const DatasetInfo& info) {
  for (const std::string& note : info.notes) std::cout << note << '\n';
  if (info.classes > 0)
    std::cout << fmt::format("{} classes: {}\n", info.classes, shortList(info.classNames));
}

}  // namespace tandem::cli
