#include "core/page/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/page/markup.h"

namespace tandem {
namespace {

constexpr double kLeft = 58, kRight = 14, kTop = 12, kTitle = 20, kBottom = 42;  // margins
constexpr int kMaxLines = 20;  // of the grid; reached only if values are too large for their differences
constexpr double kLegendRow = 18, kLetter = 6.6, kDotSpacing = 12;  // at 12 px

struct Range {
  double low = INFINITY, high = -INFINITY;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(low <= high); }
  double span() const { return high - low; }
};

// Differences of larger values would not be finite.
bool isPoint(const ChartCurve& curve, std::size_t i) {
  return std::abs(curve.x[i]) < 1e300 && std::abs(curve.y[i]) < 1e300;
}

// Counts characters, not bytes.
double widthOf(std::string_view text) {
  const auto letters = std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
  return kLetter * static_cast<double>(letters);
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart), top_(chart.title.empty() ? kTop : kTop + kTitle) {
    for (const ChartCurve& curve : chart.curves)
      for (std::size_t i = 0; i < curve.x.size(); ++i) {
        if (!isPoint(curve, i)) continue;
        x_.include(curve.x[i]);
        y_.include(curve.y[i]);
      }
    if (empty()) return;
    if (x_.low < 0.25 * x_.high) x_.low = std::min(0.0, x_.low);  // a resumed run starts at its resume point
    if (!(x_.span() > 0)) x_.high = x_.low + 1;
    const double margin = 0.05 * std::max(y_.span(), std::max(1e-6, 1e-3 * std::abs(y_.high)));
    y_.low -= margin;
    y_.high += margin;
    placeLegend();
  }

  bool empty() const { return x_.empty(); }
  double height() const {
    return chart_.height + kLegendRow * static_cast<double>(rows_) + (rows_ > 0 ? 4 : 0);
  }

  std::string text() const {
    std::string out = frame();
    for (const ChartMark& mark : chart_.marks) out += line(mark);
    for (const ChartCurve& curve : chart_.curves) out += line(curve);
    return out + legend_;
  }

 private:
  double right() const { return chart_.width - kRight; }
  double bottom() const { return chart_.height - kBottom; }
  double px(double x) const { return kLeft + (right() - kLeft) * (x - x_.low) / x_.span(); }
  double py(double y) const { return bottom() - (bottom() - top_) * (y - y_.low) / y_.span(); }

  std::string frame() const {
    std::string out;
    if (!chart_.title.empty())
      out += fmt::format("<text x='{}' y='{}' font-weight='bold'>{}</text>\n", kLeft, kTop + 6,
                         escaped(chart_.title));
    const double stepY = gridStep(y_.span()), stepX = gridStep(x_.span());
    const double firstY = std::ceil(y_.low / stepY), firstX = std::ceil(x_.low / stepX);
    for (int n = 0; n < kMaxLines && (firstY + n) * stepY <= y_.high; ++n) {
      const double y = (firstY + n) * stepY + 0.0;  // + 0.0: no "-0"
      out += fmt::format(
          "<line x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}' stroke='currentColor' stroke-opacity='.15'/>"
          "<text x='{3}' y='{4:.1f}' text-anchor='end'>{5:.4g}</text>\n",
          kLeft, right(), py(y), kLeft - 8, py(y) + 4, y);
    }
    for (int n = 0; n < kMaxLines && (firstX + n) * stepX <= x_.high; ++n)
      out += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{:.10g}</text>\n",
                         px((firstX + n) * stepX + 0.0), bottom() + 17, (firstX + n) * stepX + 0.0);
    return out + fmt::format("<text x='{}' y='{}' text-anchor='middle'>{}</text>\n", (kLeft + right()) / 2,
                             bottom() + 34, escaped(chart_.axis));
  }

  std::string line(const ChartMark& mark) const {
    if (!(mark.x >= x_.low && mark.x <= x_.high)) return {};
    // The second line is invisible but wide enough to hit with the mouse.
    return fmt::format(
        "<g stroke='{0}'><title>{1}</title><line x1='{2:.1f}' x2='{2:.1f}' y1='{3}' y2='{4}' "
        "stroke-dasharray='3 3' stroke-opacity='.5'/><line x1='{2:.1f}' x2='{2:.1f}' y1='{3}' y2='{4}' "
        "stroke-width='9' stroke-opacity='0'/></g>\n",
        chartColor(mark.color), escaped(mark.text), px(mark.x), top_, bottom());
  }

  std::string line(const ChartCurve& original) const {
    const ChartCurve curve = thinned(original, static_cast<std::size_t>(right() - kLeft));
    std::string path, dots;
    std::size_t points = 0;
    bool drawn = false;  // the previous point
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!isPoint(curve, i)) {
        drawn = false;
        continue;
      }
      const double x = px(curve.x[i]), y = py(curve.y[i]);
      path += fmt::format("{}{:.1f},{:.1f} ", drawn ? "" : "M", x, y);
      dots += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3'/>", x, y);
      drawn = true;
      ++points;
    }
    if (points == 0) return {};
    std::string out = fmt::format("<g stroke='{0}' fill='{0}'{1}>", chartColor(curve.color),
                                  curve.faint ? " opacity='.3'" : "");
    out += fmt::format("<path d='{}' fill='none' stroke-width='{}'{}/>", path, curve.faint ? 1 : 1.8,
                       curve.dashed ? " stroke-dasharray='6 4'" : "");
    // A line needs two points; a single one is drawn as a dot.
    if (points == 1 || (curve.dots && static_cast<double>(points) * kDotSpacing <= right() - kLeft))
      out += dots;
    return out + "</g>\n";
  }

  void placeLegend() {
    double x = kLeft;
    double y = chart_.height + 11;
    const auto place = [&](const std::string& mark, const std::string& label, double before) {
      const double wide = before + widthOf(label) + 18;
      if (rows_ == 0) rows_ = 1;
      if (x > kLeft && x + wide > right()) {
        x = kLeft;
        y += kLegendRow;
        ++rows_;
      }
      legend_ += fmt::format("<g transform='translate({:.1f} {:.1f})'>{}<text x='{}'>{}</text></g>\n", x, y,
                             mark, before, escaped(label));
      x += wide;
    };
    for (const ChartCurve& curve : chart_.curves)
      if (!curve.label.empty())
        place(fmt::format("<rect y='-9' width='10' height='10' rx='2' fill='{}'/>", chartColor(curve.color)),
              curve.label, 16);
    if (!chart_.note.empty()) place({}, chart_.note, 0);
  }

  const Chart& chart_;
  double top_;
  Range x_, y_;
  std::size_t rows_ = 0;
  std::string legend_;
};

constexpr std::string_view kFont = "font-family='system-ui,sans-serif' font-size='12' fill='currentColor'";

}  // namespace

std::string chartColor(std::size_t index) {
  constexpr std::array kColors = {"#2f6fde", "#c2410c", "#0f8a7e", "#8b5cf6",
                                  "#b45309", "#d6336c", "#4d8c0f", "#64748b"};
  if (index < kColors.size()) return kColors[index];
  // Steps of the golden angle around the hue circle keep successive hues far apart.
  const double hue = std::fmod(0.1 + 0.618033988749895 * static_cast<double>(index), 1.0);
  std::string color = "#";
  for (const double shift : {0.0, 8.0, 4.0}) {  // HSL to RGB; saturation 0.6, lightness 0.48
    const double k = std::fmod(shift + 12 * hue, 12.0);
    const double value = 0.48 - 0.6 * 0.48 * std::clamp(std::min(k - 3, 9 - k), -1.0, 1.0);
    color += fmt::format("{:02x}", static_cast<int>(std::lround(255 * value)));
  }
  return color;
}

ChartCurve thinned(const ChartCurve& curve, std::size_t columns) {
  if (curve.x.size() <= 2 * columns) return curve;
  ChartCurve out = curve;
  out.x.clear();
  out.y.clear();
  const double first = curve.x.front(), wide = (curve.x.back() - first) / static_cast<double>(columns);
  for (std::size_t i = 0; i < curve.x.size();) {
    const double column = std::floor((curve.x[i] - first) / wide);
    std::size_t low = i, high = i, end = i;
    for (; end < curve.x.size() && (end == i || std::floor((curve.x[end] - first) / wide) == column); ++end) {
      if (!isPoint(curve, end)) continue;
      if (!isPoint(curve, low)) low = high = end;
      if (curve.y[end] < curve.y[low]) low = end;
      if (curve.y[end] > curve.y[high]) high = end;
    }
    for (const std::size_t k : {std::min(low, high), std::max(low, high)}) {
      out.x.push_back(curve.x[k]);
      out.y.push_back(curve.y[k]);
      if (low == high) break;
    }
    i = end;
  }
  return out;
}

std::string svgChart(const Chart& chart) {
  const Drawing drawing(chart);
  if (drawing.empty()) return {};
  return fmt::format("<svg viewBox='0 0 {} {}' role='img' aria-label='{}' {}>\n{}</svg>\n", chart.width,
                     drawing.height(), escaped(chart.title.empty() ? chart.axis : chart.title), kFont,
                     drawing.text());
}

std::string svgPicture(std::string_view title, const std::vector<Chart>& charts) {
  double width = 0, height = 44;
  std::string body;
  for (const Chart& chart : charts) {
    const Drawing drawing(chart);
    if (drawing.empty()) continue;
    body += fmt::format("<g transform='translate(0 {})'>\n{}</g>\n", height, drawing.text());
    width = std::max(width, chart.width);
    height += drawing.height() + 8;
  }
  return fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' {2} "
      "color='#3a4350'>\n<rect width='100%' height='100%' fill='white'/>\n<text x='{3}' y='26' "
      "font-size='16' font-weight='bold'>{4}</text>\n{5}</svg>\n",
      std::max(width, 320.0), height, kFont, kLeft, escaped(title), body);
}

}  // namespace tandem
