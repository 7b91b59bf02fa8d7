// Charts written as SVG: curves over one axis, with grid, legend and marks. They need no style sheet: lines
// and text use the colour of the page (currentColor), and the curve colours are distinguishable on light and
// dark backgrounds. All text is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// "#2f6fde": eight clearly distinct colours, then generated ones.
std::string chartColor(std::size_t index);

struct ChartCurve {
  std::string label;  // in the legend; empty: no entry
  std::size_t color = 0;
  bool faint = false, dashed = false;
  bool dots = false;         // where there is space for them
  std::vector<double> x, y;  // same length; x does not decrease; a non-finite value is a gap
};

// A thin vertical line; its text is shown as a tooltip.
struct ChartMark {
  double x = 0;
  std::string text;
  std::size_t color = 0;
};

struct Chart {
  std::string title;  // above; also read by screen readers
  std::string axis;   // below
  std::string note;   // after the legend: "dashed: validation"
  std::vector<ChartCurve> curves;
  std::vector<ChartMark> marks;
  double width = 560, height = 260;  // without the legend
};

// Keeps the minimum and the maximum of each of `columns` equal intervals of x, in order: what a line of that
// many pixels can show. An interval without any value remains a gap.
ChartCurve thinned(const ChartCurve& curve, std::size_t columns);

// For an HTML page: "<svg ...>...</svg>"; empty if no curve has a point.
std::string svgChart(const Chart& chart);

// A complete SVG file on white: the charts stacked vertically under a title.
std::string svgPicture(std::string_view title, const std::vector<Chart>& charts);

}  // namespace tandem
