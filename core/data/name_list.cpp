#include "core/data/name_list.h"

#include "core/data/csv_rows.h"

namespace tandem {

std::vector<std::string> nameList(std::string_view text) {
  CsvRows rows(text, {}, "");
  const auto any = rows.next();
  std::vector<std::string> names;
  if (!any.ok() || !*any) return names;
  for (std::string_view cell : rows.cells()) {
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    if (!cell.empty()) names.emplace_back(cell);
  }
  return names;
}

std::string nameListText(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    std::string one = name;
    if (name.find_first_of(",\"") != name.npos) {
      one = "\"";
      for (const char c : name) one += c == '"' ? "\"\"" : std::string(1, c);
      one += '"';
    }
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

}  // namespace tandem
