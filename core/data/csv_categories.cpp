#include "core/data/csv_categories.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tandem {
namespace {

Error tooMany(const CsvTable& table, const CsvColumn& column, bool target) {
  if (target)
    return invalid(fmt::format("column \"{}\" has more than {} classes", column.name, kMaxClasses),
                   table.where,
                   column.numeric ? "Treat the target as numeric, not as classes" : "Choose another target");
  return invalid(
      fmt::format("column \"{}\" has more than {} distinct {}values", column.name,
                  column.kindIsSet ? kMaxClasses : kMaxOneHot, column.numeric ? "" : "text "),
      table.where,
      column.kindIsSet
          ? "Ignore the column or group its values"
          : fmt::format(
                "Ignore the column, or list it among the categories, which may have "
                "up to {} values{}",
                kMaxClasses,
                column.numeric ? "" : ", or, if they are sentences or longer texts, among the texts"));
}

// Equal numbers are one category; its name is the shortest spelling. Numbers are sorted by size, else as texts.
Categories named(std::vector<std::string> spellings, NumberStyle style, bool numeric) {
  std::ranges::stable_sort(spellings, {}, &std::string::size);
  std::map<double, std::string> nameOf;
  std::map<std::string, std::string> names;  // of each spelling
  for (const std::string& spelling : spellings) {
    const auto number = categoryNumber(spelling, style, !numeric);
    names[spelling] = number ? nameOf.emplace(*number, spelling).first->second : spelling;
  }
  Categories all;
  for (const auto& [spelling, name] : names) all.names.push_back(name);
  std::ranges::sort(all.names);
  all.names.erase(std::unique(all.names.begin(), all.names.end()), all.names.end());
  if (numeric)
    std::ranges::stable_sort(all.names, {},
                             [&](const std::string& name) { return parseNumber(name, style).value_or(0); });
  for (const auto& [spelling, name] : names)
    all.positions[spelling] =
        static_cast<std::int32_t>(std::ranges::find(all.names, name) - all.names.begin());
  return all;
}

// The unit if all values are numbers with the same one; thousands and millions ("3k", "1.2M") may occur together.
std::string_view commonUnit(const std::vector<std::string>& names, NumberStyle style) {
  constexpr std::string_view kMultiples = "kKmMbB";
  const auto isMultiple = [&](std::string_view unit) {
    return unit.size() == 1 && kMultiples.find(unit[0]) != kMultiples.npos;
  };
  std::string_view unit;
  for (const std::string& name : names) {
    const std::string_view own = unitOf(name, style);
    if (own.empty()) return {};
    if (!unit.empty() && own != unit && !(isMultiple(own) && isMultiple(unit))) return {};
    unit = own;
  }
  return unit;
}

Status checkNames(const CsvTable& table, const CsvColumn& column, bool target,
                  const std::vector<std::string>& names) {
  constexpr std::size_t kFewSizes = 8;  // such as "4WD" and "2WD"; more are measurements
  if (names.size() > (target || column.kindIsSet ? kMaxClasses : kMaxOneHot))
    return tooMany(table, column, target);
  if (target && names.size() < 2 && !table.partial)
    return invalid(fmt::format("column \"{}\" has only one class; at least two are needed", column.name),
                   table.where,
                   column.numeric ? "Choose another target, or treat it as numeric, not as classes"
                                  : "Choose another target");
  if (column.kindIsSet || column.numeric || names.size() <= kFewSizes) return success();
  if (const std::string_view unit = commonUnit(names, table.style); !unit.empty())
    return invalid(fmt::format("the values of column \"{}\" are numbers with the unit \"{}\", such as \"{}\"",
                               column.name, unit, names[0]),
                   table.where, "Remove the unit from the values, or list the column among the categories");
  return success();
}

// In the declared order; the reader of the table has checked that all values are declared.
Categories declaredCategories(const std::vector<std::string>& declared) {
  Categories all{.names = declared, .positions = {}};
  for (std::size_t i = 0; i < declared.size(); ++i) all.positions[declared[i]] = static_cast<std::int32_t>(i);
  return all;
}

}  // namespace

Result<Categories> categoriesOf(const CsvTable& table, std::size_t c,
                                const std::vector<const Spellings*>& parts) {
  const CsvColumn& column = table.columns[c];
  const bool target = column.target;
  if (!column.declared.empty()) {
    Categories all = declaredCategories(column.declared);
    TANDEM_TRY(checkNames(table, column, target, all.names));
    return all;
  }
  std::vector<std::string> spellings;
  for (const Spellings* part : parts) {
    if (part->size() > kMaxSpellings) return tooMany(table, column, target);
    for (const auto& [spelling, _] : *part) spellings.push_back(spelling);
    std::ranges::sort(spellings);
    spellings.erase(std::unique(spellings.begin(), spellings.end()), spellings.end());
  }
  Categories all = named(std::move(spellings), table.style, column.numeric);
  TANDEM_TRY(checkNames(table, column, target, all.names));
  return all;
}

bool isAmong(const Categories& categories, const std::string& spelling, NumberStyle style) {
  if (categories.positions.contains(spelling)) return true;
  const auto number = categoryNumber(spelling, style, false);
  return number && std::ranges::any_of(categories.names, [&](const std::string& name) {
           return categoryNumber(name, style, false) == number;
         });
}

}  // namespace tandem
