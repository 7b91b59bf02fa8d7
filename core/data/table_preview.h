// The first rows of a table as the reader sees them, so that the user can compare them with the file. There is also a
// preview of a table that the reader refuses: as far as it was understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/preprocessing.h"

namespace tandem {

struct TablePreview {
  static constexpr std::size_t kRows = 50,
                               kColumns = 1000;   // more columns are named, but their cells are left out
  static constexpr std::size_t kCellBytes = 400;  // longer cells are cut

  struct Column {
    std::string name;
    std::optional<FieldRole> role;  // once the reader has decided it; likewise the kind
    std::optional<FieldKind> kind;
  };
  enum class CellState : std::uint8_t {
    Value,
    Missing,
    Fault
  };  // Fault: not a number in a column of numbers
  struct Row {
    std::int64_t line = 0;           // of the file, from 1
    std::vector<std::string> cells;  // may be fewer or more than the columns
    std::vector<CellState> states;   // of each cell
    bool fault = false;  // the reader's Error is about this row, or the row has a wrong number of cells
  };

  std::vector<Column> columns;  // empty if the reader could not find any
  std::vector<Row> rows;        // without the header; at the end perhaps a later row that the Error is about
  std::size_t width = 0;        // of the widest row, or the number of columns; at most kColumns
  bool more = false;            // the table has more rows

  std::vector<std::string> names() const;
};

}  // namespace tandem
