// The categories of a CSV column: which spellings are one value, their order, and how many there may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/csv_table.h"
#include "core/data/spellings.h"

namespace tandem {

constexpr std::size_t kMaxSpellings = 4 * kMaxClasses;  // of numbers that are categories: 1, 1.0, 1.00

struct Categories {
  std::vector<std::string> names;  // in order
  Spellings positions;             // of each spelling, in names
};

// The categories of column `c`. parts: the spellings that occur, of each chunk. Errors: too many values; only one class;
// numbers with a unit ("7 kg"), which as categories would lose their order and meet unknown values later.
Result<Categories> categoriesOf(const CsvTable& table, std::size_t c,
                                const std::vector<const Spellings*>& parts);

// Whether a spelling, which need not occur, is one of the categories: numbers are equal however they are written.
bool isAmong(const Categories& categories, const std::string& spelling, NumberStyle style);

}  // namespace tandem
