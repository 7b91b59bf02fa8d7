// What a column of a table is used for, as one choice; in a DataSpec it is spread over several settings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/spec.h"

namespace tandem {

enum class ColumnUse : std::uint8_t {
  Automatic,
  TargetClasses,
  TargetNumber,
  Number,
  Category,
  Text,
  SampleWeights,
  Group,  // of a series; likewise the order
  Order,
  Ignored
};

// What `spec` sets for a column; `names` are those of all columns, as in findColumn().
ColumnUse useOf(const DataSpec& spec, const std::vector<std::string>& names, std::size_t column);

// An Error if the table would be left without a target: another column must become the target first. Automatic is
// possible for a chosen target, because the last column is then the target. There is one column of sample weights.
Status setUse(DataSpec& spec, const std::vector<std::string>& names, std::size_t column, ColumnUse use);

// Makes a column a further target beside those there are.
void addTarget(DataSpec& spec, const std::vector<std::string>& names, std::size_t column, bool classes);
// The target if none is chosen: the last column that does not weight the samples, or name or order the rows of series.
std::size_t usualTarget(const DataSpec& spec, const std::vector<std::string>& names);
// Whether the column is a target, by choice or as the usual one.
bool isTarget(const DataSpec& spec, const std::vector<std::string>& names, std::size_t column);

}  // namespace tandem
