// The columns, lanes and rows of the automatic layout, for boxes of any size: a layer, or a whole group.
#pragma once

#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

struct Unit {
  std::vector<std::size_t> inputs;  // the units it reads, each once
  std::size_t columns = 1;          // width
  double height = 0;                // in canvas units, with the gap to what stands below
};

// The units in an order in which inputs come first; empty if they form a cycle.
std::vector<std::size_t> orderOf(const std::vector<Unit>& units);

// Upper left corners, on the grid; the first row begins at 0. Where units form a cycle they stand in a row.
std::vector<Position> arrangeUnits(const std::vector<Unit>& units);

}  // namespace tandem::ui
