#include "core/page/svg_chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/page/html_page.h"
#include "core/page/markup.h"

namespace tandem {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ChartCurve curve(std::vector<double> x, std::vector<double> y, std::string label = {}) {
  ChartCurve c;
  c.label = std::move(label);
  c.x = std::move(x);
  c.y = std::move(y);
  return c;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(SvgChart, PutsPointsWhereTheAxesSay) {
  Chart chart;
  chart.curves = {curve({0, 50, 100}, {0, 10, 20})};
  const std::string svg = svgChart(chart);
  // 560 wide with margins of 58 and 14, 260 high with 12 and 42; 5 % of room above and below.
  EXPECT_NE(svg.find("d='M58.0,208.6 302.0,115.0 546.0,21.4 '"), std::string::npos) << svg;
  EXPECT_NE(svg.find("text-anchor='end'>20</text>"), std::string::npos);
  EXPECT_NE(svg.find("text-anchor='middle'>100</text>"), std::string::npos);
}

TEST(SvgChart, LeavesGapsAtNonFiniteValues) {
  Chart chart;
  chart.curves = {curve({1, 2, 3, 4, 5}, {1, 2, kNaN, 4, INFINITY})};
  EXPECT_EQ(count(svgChart(chart), "M"), 2u);
  chart.curves = {curve({1, 2}, {kNaN, INFINITY})};
  EXPECT_EQ(svgChart(chart), "");
  EXPECT_EQ(svgChart({}), "");
  chart.curves = {curve({7}, {3})};
  EXPECT_EQ(count(svgChart(chart), "<circle"), 1u);  // a single point is visible
}

TEST(SvgChart, DrawsNumbersOfAnySize) {
  Chart chart;
  for (const double size : {1e-300, 1e-9, 1e18, 1e299, 1e308}) {
    chart.curves = {curve({0, size, 1.5 * size}, {-size, size, 0})};
    EXPECT_EQ(svgChart(chart).find("nan"), std::string::npos) << size;
    chart.curves = {curve({size, std::nextafter(size, INFINITY)}, {size, std::nextafter(size, INFINITY)})};
    EXPECT_EQ(svgChart(chart).find("nan"), std::string::npos) << size;
  }
}

TEST(SvgChart, ThinningKeepsEveryPeak) {
  ChartCurve whole;
  for (int i = 0; i < 100'000; ++i) {
    whole.x.push_back(i);
    whole.y.push_back(i == 31'417 ? 9 : i == 31'418 ? -9 : std::sin(i * 1e-3));
  }
  const ChartCurve thin = thinned(whole, 500);
  EXPECT_LE(thin.x.size(), 1002u);
  EXPECT_TRUE(std::ranges::is_sorted(thin.x));
  EXPECT_EQ(std::ranges::max(thin.y), 9);
  EXPECT_EQ(std::ranges::min(thin.y), -9);
  for (std::size_t i = 0; i < thin.x.size(); ++i)
    EXPECT_EQ(thin.y[i], whole.y[static_cast<std::size_t>(thin.x[i])]);
}

TEST(SvgChart, TextIsEscapedEverywhere) {
  const std::string hostile = "<script>'\"&\x01";
  Chart chart;
  chart.title = chart.axis = chart.note = hostile;
  chart.curves = {curve({0, 1}, {0, 1}, hostile)};
  chart.marks = {{0.5, hostile, 0}};
  for (const std::string& text :
       {svgChart(chart), svgPicture(hostile, {chart}), html::page(hostile, html::cell(hostile))}) {
    EXPECT_EQ(text.find("<script"), std::string::npos);
    EXPECT_EQ(text.find('\x01'), std::string::npos);
    EXPECT_NE(text.find("&lt;script&gt;&#39;&quot;&amp;"), std::string::npos);
  }
}

TEST(SvgChart, ALongLegendWraps) {
  Chart chart;
  chart.curves = {curve({0, 1}, {0, 1}, "one")};
  const std::string one = svgChart(chart);
  EXPECT_NE(one.find("viewBox='0 0 560 282'"), std::string::npos) << one;
  for (int i = 0; i < 30; ++i) chart.curves.push_back(curve({0, 1}, {0, 1}, "a run of this project"));
  EXPECT_EQ(svgChart(chart).find("viewBox='0 0 560 282'"), std::string::npos);
}

TEST(SvgChart, ColorsDiffer) {
  std::set<std::string> colors;
  for (std::size_t i = 0; i < 50; ++i) colors.insert(chartColor(i));
  EXPECT_EQ(colors.size(), 50u);
  EXPECT_EQ(chartColor(49).size(), 7u);
}

}  // namespace
}  // namespace tandem
