#include "core/data/declared_table.h"

#include <fmt/format.h>

#include <utility>

namespace tandem {

void appendCell(std::string& text, std::string_view cell) {
  const bool plain = !cell.empty() && cell.front() != ' ' && cell.back() != ' ' &&
                     cell.find_first_of("\",\t\r\n\xc2") == cell.npos;  // U+00A0 begins with c2
  if (plain) {
    text += cell;
    return;
  }
  text += '"';
  for (const char c : cell) {
    text += c;
    if (c == '"') text += c;
  }
  text += '"';
}

void appendNames(std::string& text, const std::vector<DeclaredColumn>& columns) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c > 0) text += ',';
    appendCell(text, columns[c].name);
  }
}

Result<TableFormat> declaredFormat(const TableFormat& given, const std::string& where) {
  const TableFormat usual;
  TableFormat format;
  format.header = HeaderChoice::Yes;
  format.delimiter = std::string(1, ',');
  format.decimal = std::string(1, '.');
  format.thousands = std::string("none");
  format.encoding = given.encoding;
  format.missing = given.missing;
  struct Setting {
    const char* name;
    const std::string &given, &fixed, &usual;
  };
  const Setting settings[] = {{"delimiter", given.delimiter, format.delimiter, usual.delimiter},
                              {"decimal separator", given.decimal, format.decimal, usual.decimal},
                              {"thousands separator", given.thousands, format.thousands, usual.thousands},
                              {"quote", given.quote, format.quote, usual.quote},
                              {"comment character", given.comment, format.comment, usual.comment}};
  const char* wrong = given.header == HeaderChoice::No ? "header" : nullptr;
  for (const Setting& setting : settings)
    if (setting.given != setting.fixed && setting.given != setting.usual) wrong = setting.name;
  if (wrong == nullptr) return format;
  return invalid(fmt::format("the layout of this table is known, so the {} cannot be set", wrong), where,
                 "Remove the setting from the data");
}

}  // namespace tandem
