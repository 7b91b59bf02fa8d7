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

bool isWeight(const DataSpec& spec, const Names& names, std::size_t column) {
  return !spec.sampleWeights.empty() && findColumn(names, spec.sampleWeights) == column;
}

// A column that a spec names.
bool isColumn(const std::string& name, const Names& names, std::size_t column) {
  return !name.empty() && findColumn(names, name) == column;
}

bool isOfSeries(const DataSpec& spec, const Names& names, std::size_t column) {
  return spec.series.isSet() &&
         (isColumn(spec.series.group, names, column) || isColumn(spec.series.order, names, column));
}

// The usual target depends on which column weights the samples, or names or orders the rows of series; it does not change
// with these columns.
void keepTarget(DataSpec& spec, const Names& names) {
  if (spec.targets.empty()) spec.targets = {names[usualTarget(spec, names)]};
}

void setWeights(DataSpec& spec, const Names& names, const std::string& name) {
  keepTarget(spec, names);
  spec.sampleWeights = name;
}

// Takes what is set for a column away, but for its role as a target.
void clear(DataSpec& spec, const Names& names, std::size_t column) {
  for (Names* list : {&spec.numbers, &spec.categories, &spec.texts, &spec.ignore})
    removeFrom(*list, names, column);
  if (isWeight(spec, names, column)) setWeights(spec, names, {});
  if (isOfSeries(spec, names, column)) keepTarget(spec, names);
  for (std::string* each : {&spec.series.group, &spec.series.order})
    if (isColumn(*each, names, column)) each->clear();
}

// The kinds of several targets are listed by name.
void nameKindsOfTargets(DataSpec& spec) {
  for (const std::string& target : spec.targets)
    if (std::ranges::find(spec.numbers, target) == spec.numbers.end() &&
        std::ranges::find(spec.categories, target) == spec.categories.end())
      (spec.classification ? spec.categories : spec.numbers).push_back(target);
}

}  // namespace

std::size_t usualTarget(const DataSpec& spec, const Names& names) {
  std::size_t last = names.size() - 1;
  while (last > 0 && (isWeight(spec, names, last) || isOfSeries(spec, names, last))) --last;
  return last;
}

bool isTarget(const DataSpec& spec, const Names& names, std::size_t column) {
  return spec.targets.empty() ? column == usualTarget(spec, names) : lists(spec.targets, names, column);
}

ColumnUse useOf(const DataSpec& spec, const Names& names, std::size_t column) {
  const bool number = lists(spec.numbers, names, column), category = lists(spec.categories, names, column);
  if (isTarget(spec, names, column)) {
    if (spec.targets.empty() && !number && !category) return ColumnUse::Automatic;
    return category || (spec.classification && !number) ? ColumnUse::TargetClasses : ColumnUse::TargetNumber;
  }
  if (isWeight(spec, names, column)) return ColumnUse::SampleWeights;
  if (isColumn(spec.series.group, names, column)) return ColumnUse::Group;
  if (isColumn(spec.series.order, names, column)) return ColumnUse::Order;
  if (lists(spec.ignore, names, column)) return ColumnUse::Ignored;
  if (number) return ColumnUse::Number;
  if (lists(spec.texts, names, column)) return ColumnUse::Text;
  return category ? ColumnUse::Category : ColumnUse::Automatic;
}

Status setUse(DataSpec& spec, const Names& names, std::size_t column, ColumnUse use) {
  TANDEM_CHECK(column < names.size(), "no such column");
  const std::string& name = names[column];
  const bool target = use == ColumnUse::TargetClasses || use == ColumnUse::TargetNumber;
  if (!target && isTarget(spec, names, column)) {
    if (use != ColumnUse::Automatic && spec.targets.size() < 2)
      return invalid(fmt::format("column \"{}\" is the target", name), "data",
                     "Choose another column as the target first");
    removeFrom(spec.targets, names, column);
  }
  const bool oneOfSeveral = target && spec.targets.size() > 1 && isTarget(spec, names, column);
  if (oneOfSeveral) nameKindsOfTargets(spec);
  clear(spec, names, column);
  if (oneOfSeveral) {
    (use == ColumnUse::TargetClasses ? spec.categories : spec.numbers).push_back(name);
  } else if (target) {
    spec.targets = {name};
    spec.classification = use == ColumnUse::TargetClasses;
  }
  if (use == ColumnUse::Number) spec.numbers.push_back(name);
  if (use == ColumnUse::Category) spec.categories.push_back(name);
  if (use == ColumnUse::Text) spec.texts.push_back(name);
  if (use == ColumnUse::Ignored) spec.ignore.push_back(name);
  if (use == ColumnUse::SampleWeights) setWeights(spec, names, name);
  if (use == ColumnUse::Group || use == ColumnUse::Order) keepTarget(spec, names);
  if (use == ColumnUse::Group) spec.series.group = name;
  if (use == ColumnUse::Order) spec.series.order = name;
  return success();
}

void addTarget(DataSpec& spec, const Names& names, std::size_t column, bool classes) {
  TANDEM_CHECK(column < names.size(), "no such column");
  if (isTarget(spec, names, column)) return;
  if (spec.targets.empty()) spec.targets = {names[usualTarget(spec, names)]};
  nameKindsOfTargets(spec);
  clear(spec, names, column);
  spec.targets.push_back(names[column]);
  (classes ? spec.categories : spec.numbers).push_back(names[column]);
}

}  // namespace tandem
