// The columns, lanes and rows of the automatic layout, for units of any size: a layer or a group.
#pragma once

#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

struct Unit {
  std::vector<std::size_t> inputs;  // the units it reads, each once
  std::size_t columns = 1;          // width
  double height = 0;                // in canvas units, including the gap below
};

// The units in topological order; empty if they form a cycle.
std::vector<std::size_t> orderOf(const std::vector<Unit>& units);

// Upper left corners, on the grid; the first row starts at 0. Units that form a cycle are placed in a row.
std::vector<Position> arrangeUnits(const std::vector<Unit>& units);

}  // namespace tandem::ui
