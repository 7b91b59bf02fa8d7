// Charts written as SVG: curves over one axis, with grid, legend and marks. Needs no style sheet: lines and
// letters take the colour of the page (currentColor), curves have colours that are told apart on light and
// on dark. All text is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// "#2f6fde": eight that are far apart, then more.
std::string chartColor(std::size_t index);

struct ChartCurve {
  std::string label;  // in the legend; empty: not there
  std::size_t color = 0;
  bool faint = false, dashed = false;
  bool dots = false;         // where there is room for them
  std::vector<double> x, y;  // of one length; x does not decrease; not finite: a gap
};

// A thin line across the chart; its text shows under the mouse.
struct ChartMark {
  double x = 0;
  std::string text;
  std::size_t color = 0;
};

struct Chart {
  std::string title;  // above; also what a screen reader says
  std::string axis;   // below
  std::string note;   // behind the legend: "dashed: validation"
  std::vector<ChartCurve> curves;
  std::vector<ChartMark> marks;
  double width = 560, height = 260;  // without the legend
};

// The smallest and the largest value of each of `columns` equal stretches of x, in order: what a line of so
// many pixels can show. Gaps stay where a whole stretch has no number.
ChartCurve thinned(const ChartCurve& curve, std::size_t columns);

// For a page of HTML: "<svg ...>...</svg>". Nothing where no curve has a point.
std::string svgChart(const Chart& chart);

// A file of its own, on white: the charts below one another under a title.
std::string svgPicture(std::string_view title, const std::vector<Chart>& charts);

}  // namespace tandem
