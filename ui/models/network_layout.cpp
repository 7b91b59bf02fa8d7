#include "ui/models/network_layout.h"

#include <algorithm>
#include <cmath>

namespace tandem::ui {
namespace {

// What the layout should fit at full size: the canvas of a window of 1280 x 800.
constexpr double kViewWidth = 780;
constexpr double kViewHeight = 460;
constexpr double kReadable = 0.8;  // a zoom at which nothing needs to be wrapped
constexpr double kRowGap = 40;     // between wrapped rows: room for the connection that returns

using Column = std::vector<LayerId>;

struct Row {
  std::size_t first = 0;  // column
  std::size_t count = 0;
  std::size_t lanes = 0;  // of its fullest column
};

std::vector<LayerId> orderOf(const Network& network) {
  if (auto order = network.order(); order.ok()) return *std::move(order);
  std::vector<LayerId> ids;  // a cycle: as drawn
  for (const Layer& layer : network.layers()) ids.push_back(layer.id);
  return ids;
}

std::map<LayerId, std::size_t> columnsOf(const Network& network) {
  std::map<LayerId, std::size_t> columns;
  for (const LayerId id : orderOf(network)) {
    std::size_t column = 0;
    for (const LayerId input : network.find(id)->inputs) {
      const auto known = columns.find(input);
      if (known != columns.end()) column = std::max(column, known->second + 1);
    }
    columns[id] = column;
  }
  return columns;
}

// cuts[c]: exactly one connection crosses from column c to later ones.
std::vector<bool> cutsOf(const Network& network, const std::map<LayerId, std::size_t>& columnOf,
                         std::size_t count) {
  std::vector<int> crossing(count, 0);
  for (const Layer& layer : network.layers()) {
    for (const LayerId input : layer.inputs) {
      for (std::size_t c = columnOf.at(input); c < columnOf.at(layer.id); ++c) ++crossing[c];
    }
  }
  std::vector<bool> cuts(count);
  for (std::size_t c = 0; c < count; ++c) cuts[c] = crossing[c] == 1;
  return cuts;
}

// Lanes so that layers stand beside the layers they read.
void orderLanes(const Network& network, std::vector<Column>& columns) {
  std::map<LayerId, double> lane;
  for (Column& column : columns) {
    std::map<LayerId, double> wish;
    for (const LayerId id : column) {
      double sum = 0;
      const auto& inputs = network.find(id)->inputs;
      for (const LayerId input : inputs) sum += lane.contains(input) ? lane[input] : 0;
      wish[id] = inputs.empty() ? 0 : sum / static_cast<double>(inputs.size());
    }
    std::stable_sort(column.begin(), column.end(), [&](LayerId a, LayerId b) { return wish[a] < wish[b]; });
    for (std::size_t i = 0; i < column.size(); ++i) {
      lane[column[i]] = static_cast<double>(i) - static_cast<double>(column.size() - 1) / 2;
    }
  }
}

std::vector<Row> wrap(const std::vector<Column>& columns, const std::vector<bool>& cuts, std::size_t limit) {
  std::vector<Row> rows;
  for (std::size_t first = 0; first < columns.size();) {
    std::size_t end = std::min(first + limit, columns.size());
    if (end < columns.size()) {
      std::size_t cut = end;
      while (cut > first && !cuts[cut - 1]) --cut;
      if (cut == first) {  // nowhere to break: the row grows to the next place
        cut = end;
        while (cut < columns.size() && !cuts[cut - 1]) ++cut;
      }
      end = cut;
    }
    Row row{first, end - first, 0};
    for (std::size_t c = first; c < end; ++c) row.lanes = std::max(row.lanes, columns[c].size());
    rows.push_back(row);
    first = end;
  }
  return rows;
}

// The zoom at which all rows can be seen, at most 1.
double fit(const std::vector<Row>& rows) {
  double width = 0, height = -kRowGap;
  for (const Row& row : rows) {
    width = std::max(width, static_cast<double>(row.count) * kColumnPitch);
    height += static_cast<double>(row.lanes) * kLanePitch + kRowGap;
  }
  return std::min({1.0, kViewWidth / width, kViewHeight / height});
}

}  // namespace

std::map<LayerId, Position> layoutNetwork(const Network& network) {
  std::map<LayerId, Position> positions;
  if (network.layers().empty()) return positions;
  const auto columnOf = columnsOf(network);
  std::size_t count = 0;
  for (const auto& [id, column] : columnOf) count = std::max(count, column + 1);
  std::vector<Column> columns(count);
  for (const Layer& layer : network.layers()) columns[columnOf.at(layer.id)].push_back(layer.id);
  orderLanes(network, columns);

  const std::vector<bool> cuts = cutsOf(network, columnOf, count);
  std::vector<Row> rows = wrap(columns, cuts, count);
  for (std::size_t limit = count; limit-- > 3 && fit(rows) < kReadable;) {
    std::vector<Row> other = wrap(columns, cuts, limit);
    if (fit(other) > fit(rows)) rows = std::move(other);
  }

  double top = 0;
  for (const Row& row : rows) {
    const double height = static_cast<double>(row.lanes) * kLanePitch;
    for (std::size_t c = 0; c < row.count; ++c) {
      const Column& column = columns[row.first + c];
      const double first = top + (height - static_cast<double>(column.size()) * kLanePitch) / 2;
      for (std::size_t lane = 0; lane < column.size(); ++lane) {
        const double y = first + static_cast<double>(lane) * kLanePitch;
        positions[column[lane]] = {static_cast<double>(c) * kColumnPitch, std::round(y / kGrid) * kGrid};
      }
    }
    top += height + kRowGap;
  }
  return positions;
}

}  // namespace tandem::ui
