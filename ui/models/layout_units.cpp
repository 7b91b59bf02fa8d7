#include "ui/models/layout_units.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "ui/models/network_layout.h"

namespace tandem::ui {
namespace {

// The size that the layout should fit at full zoom: the canvas in a window of 1280 x 800 pixels.
constexpr double kViewWidth = 780;
constexpr double kViewHeight = 460;
constexpr double kReadable = 0.8;  // zoom above which rows need not be wrapped
constexpr double kRowGap = 40;     // between wrapped rows, for the returning connection

struct Row {
  std::size_t first = 0, count = 0;  // columns
  double top = 0, bottom = 0;        // extent of its units, relative to the middle of the row
};

struct Placed {
  std::size_t column = 0;  // the first column
  double centre = 0;       // relative to the middle of its row; negative: above
};

using Columns = std::vector<std::vector<std::size_t>>;  // the units that start in each column

std::size_t columnsAfter(const std::vector<Unit>& units, const std::vector<Placed>& placed,
                         const std::vector<std::size_t>& which) {
  std::size_t column = 0;
  for (const std::size_t i : which) column = std::max(column, placed[i].column + units[i].columns);
  return column;
}

// Returns the centre nearest to `preferred` at which an interval of this height is free.
double nearestFree(const std::vector<std::pair<double, double>>& occupied, double preferred, double height) {
  std::vector<double> candidates{preferred};
  for (const auto& [top, bottom] : occupied) {
    candidates.push_back(top - height / 2);
    candidates.push_back(bottom + height / 2);
  }
  const auto free = [&](double centre) {
    return std::none_of(occupied.begin(), occupied.end(), [&](const auto& interval) {
      return centre - height / 2 < interval.second && centre + height / 2 > interval.first;
    });
  };
  std::optional<double> best;
  for (const double centre : candidates) {
    if (free(centre) && (!best || std::abs(centre - preferred) < std::abs(*best - preferred))) best = centre;
  }
  return best.value_or(preferred);
}

// Places units next to their inputs; a unit several columns wide occupies its lane in all of them.
void chooseLanes(const std::vector<Unit>& units, Columns& columns, std::vector<Placed>& placed) {
  std::vector<std::size_t> wide;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::vector<std::pair<double, double>> occupied;
    std::erase_if(wide, [&](std::size_t i) { return placed[i].column + units[i].columns <= c; });
    for (const std::size_t i : wide)
      occupied.emplace_back(placed[i].centre - units[i].height / 2, placed[i].centre + units[i].height / 2);
    std::vector<double> preferred(units.size());
    double total = 0;
    for (const std::size_t i : columns[c]) {
      for (const std::size_t input : units[i].inputs) preferred[i] += placed[input].centre;
      if (!units[i].inputs.empty()) preferred[i] /= static_cast<double>(units[i].inputs.size());
      total += units[i].height;
    }
    std::stable_sort(columns[c].begin(), columns[c].end(),
                     [&](std::size_t a, std::size_t b) { return preferred[a] < preferred[b]; });
    double top = -total / 2;
    for (const std::size_t i : columns[c]) {
      const double height = units[i].height;
      placed[i].centre = wide.empty() ? top + height / 2 : nearestFree(occupied, preferred[i], height);
      occupied.emplace_back(placed[i].centre - height / 2, placed[i].centre + height / 2);
      top += height;
    }
    for (const std::size_t i : columns[c])
      if (units[i].columns > 1) wide.push_back(i);
  }
}

// cuts[c]: exactly one connection leads from column c to later ones, and no unit spans the border.
std::vector<bool> cutsOf(const std::vector<Unit>& units, const std::vector<Placed>& placed,
                         std::size_t count) {
  std::vector<int> crossing(count, 0);
  std::vector<bool> covered(count, false);
  for (std::size_t i = 0; i < units.size(); ++i) {
    for (std::size_t c = placed[i].column; c + 1 < placed[i].column + units[i].columns; ++c)
      covered[c] = true;
    for (const std::size_t input : units[i].inputs) {
      for (std::size_t c = placed[input].column + units[input].columns - 1; c < placed[i].column; ++c)
        ++crossing[c];
    }
  }
  std::vector<bool> cuts(count);
  for (std::size_t c = 0; c < count; ++c) cuts[c] = crossing[c] == 1 && !covered[c];
  return cuts;
}

class Rows {
 public:
  Rows(const std::vector<Unit>& units, const Columns& columns, const std::vector<Placed>& placed,
       std::vector<bool> cuts)
      : units_(units), columns_(columns), placed_(placed), cuts_(std::move(cuts)) {}

  // Wraps into rows of at most `limit` columns, as far as the cuts allow.
  std::vector<Row> wrap(std::size_t limit) const {
    std::vector<Row> rows;
    for (std::size_t first = 0; first < columns_.size();) {
      std::size_t end = std::min(first + limit, columns_.size());
      if (end < columns_.size()) {
        std::size_t cut = end;
        while (cut > first && !cuts_[cut - 1]) --cut;
        if (cut == first) {  // no cut in this range: the row extends to the next one
          cut = end;
          while (cut < columns_.size() && !cuts_[cut - 1]) ++cut;
        }
        end = cut;
      }
      Row row{first, end - first, 0, 0};
      for (std::size_t c = first; c < end; ++c) {
        for (const std::size_t i : columns_[c]) {
          row.top = std::min(row.top, placed_[i].centre - units_[i].height / 2);
          row.bottom = std::max(row.bottom, placed_[i].centre + units_[i].height / 2);
        }
      }
      rows.push_back(row);
      first = end;
    }
    return rows;
  }

  // The zoom at which all rows are visible, at most 1.
  static double fit(const std::vector<Row>& rows) {
    double width = 0, height = -kRowGap;
    for (const Row& row : rows) {
      width = std::max(width, static_cast<double>(row.count) * kColumnPitch);
      height += row.bottom - row.top + kRowGap;
    }
    return std::min({1.0, kViewWidth / width, kViewHeight / height});
  }

 private:
  const std::vector<Unit>& units_;
  const Columns& columns_;
  const std::vector<Placed>& placed_;
  std::vector<bool> cuts_;
};

}  // namespace

std::vector<std::size_t> orderOf(const std::vector<Unit>& units) {
  std::vector<std::vector<std::size_t>> readers(units.size());
  std::vector<std::size_t> waiting(units.size()), order;
  for (std::size_t i = 0; i < units.size(); ++i) {
    waiting[i] = units[i].inputs.size();
    for (const std::size_t input : units[i].inputs) readers[input].push_back(i);
    if (waiting[i] == 0) order.push_back(i);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::size_t reader : readers[order[at]])
      if (--waiting[reader] == 0) order.push_back(reader);
  }
  if (order.size() != units.size()) order.clear();
  return order;
}

std::vector<Position> arrangeUnits(const std::vector<Unit>& units) {
  std::vector<Position> corners(units.size());
  if (units.empty()) return corners;
  std::vector<Placed> placed(units.size());
  std::size_t count = 0;
  for (const std::size_t i : orderOf(units)) {
    placed[i].column = columnsAfter(units, placed, units[i].inputs);
    count = std::max(count, placed[i].column + units[i].columns);
  }
  if (count == 0) {  // a cycle
    for (std::size_t i = 0; i < units.size(); count += units[i++].columns) placed[i].column = count;
  }
  Columns columns(count);
  for (std::size_t i = 0; i < units.size(); ++i) columns[placed[i].column].push_back(i);
  chooseLanes(units, columns, placed);

  const Rows all(units, columns, placed, cutsOf(units, placed, count));
  std::vector<Row> rows = all.wrap(count);
  for (std::size_t limit = count; limit-- > 3 && Rows::fit(rows) < kReadable;) {
    std::vector<Row> other = all.wrap(limit);
    if (Rows::fit(other) > Rows::fit(rows)) rows = std::move(other);
  }

  double top = 0;
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.count; ++c) {
      for (const std::size_t i : columns[row.first + c]) {
        const double y = top - row.top + placed[i].centre - units[i].height / 2;
        corners[i] = {static_cast<double>(c) * kColumnPitch, std::round(y / kGrid) * kGrid};
      }
    }
    top += row.bottom - row.top + kRowGap;
  }
  return corners;
}

}  // namespace tandem::ui
