#include "core/data/column_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/data/csv_dialect.h"

namespace tandem {
namespace {

using Names = std::vector<std::string>;

bool lists(const Names& list, const Names& names, std::size_t column) {
  return std::ranges::any_of(list,
                             [&](const std::string& each) { return findColumn(names, each) == column; });
}

void removeFrom(Names& list, const Names& names, std::size_t column) {
  std::erase_if(list, [&](const std::string& each) { return findColumn(names, each) == column; });
}

std::size_t targetOf(const DataSpec& spec, const Names& names) {
  return spec.target.empty() ? names.size() - 1 : findColumn(names, spec.target);
}

}  // namespace

ColumnUse useOf(const DataSpec& spec, const Names& names, std::size_t column) {
  const bool number = lists(spec.numbers, names, column), category = lists(spec.categories, names, column);
  if (targetOf(spec, names) == column) {
    if (spec.target.empty() && !number && !category) return ColumnUse::Automatic;
    return category || (spec.classification && !number) ? ColumnUse::TargetClasses : ColumnUse::TargetNumber;
  }
  if (lists(spec.ignore, names, column)) return ColumnUse::Ignored;
  if (number) return ColumnUse::Number;
  return category ? ColumnUse::Category : ColumnUse::Automatic;
}

Status setUse(DataSpec& spec, const Names& names, std::size_t column, ColumnUse use) {
  TANDEM_CHECK(column < names.size(), "no such column");
  const std::string& name = names[column];
  const bool target = use == ColumnUse::TargetClasses || use == ColumnUse::TargetNumber;
  if (!target && targetOf(spec, names) == column) {
    if (use != ColumnUse::Automatic)
      return invalid(fmt::format("column \"{}\" is the target", name), "data",
                     "Choose another column as the target first");
    spec.target.clear();
  }
  for (Names* list : {&spec.numbers, &spec.categories, &spec.ignore}) removeFrom(*list, names, column);
  if (target) {
    spec.target = name;
    spec.classification = use == ColumnUse::TargetClasses;
  }
  if (use == ColumnUse::Number) spec.numbers.push_back(name);
  if (use == ColumnUse::Category) spec.categories.push_back(name);
  if (use == ColumnUse::Ignored) spec.ignore.push_back(name);
  return success();
}

}  // namespace tandem
