#include "app/cli/data_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

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
  if (data.targets.empty()) data.targets = {before->targets[0].name};
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
  for (const auto choice : {HeaderChoice::Auto, HeaderChoice::Yes, HeaderChoice::No})
    if (header && *header == nameOf(choice)) data.table.header = choice;
  if (quote) data.table.quote = sign(*quote);
  if (comment) data.table.comment = sign(*comment);
  for (const auto& [given, list] :
       {std::pair(&target, &data.targets), std::pair(&numbers, &data.numbers),
        std::pair(&categories, &data.categories), std::pair(&ignore, &data.ignore)})
    if (*given) *list = nameList(**given);
  if (sampleWeights) data.sampleWeights = *sampleWeights == "none" ? "" : *sampleWeights;
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
  command.option("--target", options.target, "Table: the column to predict, or several, separated by commas");
  command.option("--header", options.header, "Table: whether line 1 is a header")
      .choices({"auto", "yes", "no"});
  addTableOptions(command, options.table);
  command.option("--quote", options.quote, "Table: the quote, or \"none\"");
  command.option("--comment", options.comment,
                 "Table: the character that begins lines to ignore, or \"none\"");
  command.option("--numbers", options.numbers, "Table: columns of numbers, separated by commas");
  command.option("--categories", options.categories, "Table: columns of categories, separated by commas");
  command.option("--ignore", options.ignore, "Table: columns to ignore, separated by commas");
  command.option("--sample-weights", options.sampleWeights,
                 "Table: the column that weights the rows in the training loss, or \"none\"");
  addSkipDamaged(command, options.skipDamaged);
}

void printNotes(const DatasetInfo& info) {
  for (const std::string& note : info.notes) std::cout << note << '\n';
  for (const DataTensor& target : info.targets)
    if (target.classes > 0)
      std::cout << fmt::format("{} classes{}: {}\n", target.classes,
                               info.targets.size() > 1 ? fmt::format(" of \"{}\"", target.name) : "",
                               shortList(target.classNames));
}

}  // namespace tandem::cli
