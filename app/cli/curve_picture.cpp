#include "app/cli/curve_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/file.h"
#include "core/base/picture.h"

namespace tandem::cli {
namespace {

constexpr double kWidth = 860, kPanelHeight = 270, kLeft = 70, kRight = 20, kTop = 44, kBottom = 44;

struct Point {
  double x = 0, y = 0;
};

class Panel {
 public:
  Panel(double top, std::string label, const std::vector<Point>& all) : top_(top), label_(std::move(label)) {
    for (const Point& p : all) {
      if (!std::isfinite(p.y)) continue;
      maxX_ = std::max(maxX_, p.x);
      minY_ = std::min(minY_, p.y);
      maxY_ = std::max(maxY_, p.y);
    }
    if (minY_ > maxY_) minY_ = 0, maxY_ = 1;
    const double margin = 0.05 * std::max(maxY_ - minY_, 1e-6);
    minY_ -= margin;
    maxY_ += margin;
  }

  std::string frame() const {
    std::string out;
    const double step = gridStep(maxY_ - minY_);
    for (double y = std::ceil(minY_ / step) * step + 0.0; y <= maxY_; y += step)  // + 0.0: no "-0"
      out += fmt::format(
          "<line x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}' stroke='#e3e6ea'/><text x='{3}' y='{4:.1f}' "
          "text-anchor='end'>{5:.4g}</text>\n",
          kLeft, kWidth - kRight, pixelY(y), kLeft - 8, pixelY(y) + 4, y);
    for (double x = 0; x <= maxX_; x += gridStep(maxX_))
      out += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{:.6g}</text>\n", pixelX(x),
                         bottom() + 18, x);
    return out + fmt::format("<text x='{}' y='{}' font-weight='bold'>{}</text>\n", kLeft, top_ - 10, label_);
  }

  std::string line(const std::vector<Point>& points, const char* color, double width, double opacity) const {
    // At most two points a pixel: beyond that a picture only grows.
    const std::size_t stride = std::max<std::size_t>(1, points.size() / static_cast<std::size_t>(2 * kWidth));
    std::string list;
    for (std::size_t i = 0; i < points.size(); i += stride)
      if (std::isfinite(points[i].y))
        list += fmt::format("{:.1f},{:.1f} ", pixelX(points[i].x), pixelY(points[i].y));
    return fmt::format(
        "<polyline fill='none' stroke='{}' stroke-width='{}' stroke-opacity='{}' points='{}'/>\n", color,
        width, opacity, list);
  }

  std::string dots(const std::vector<Point>& points, const char* color) const {
    std::string out;
    for (const Point& p : points)
      out +=
          fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'/>\n", pixelX(p.x), pixelY(p.y), color);
    return out;
  }

 private:
  double bottom() const { return top_ + kPanelHeight - kTop - kBottom; }
  double pixelX(double x) const { return kLeft + (kWidth - kLeft - kRight) * x / std::max(maxX_, 1.0); }
  double pixelY(double y) const { return bottom() - (bottom() - top_) * (y - minY_) / (maxY_ - minY_); }

  double top_;
  std::string label_;
  double maxX_ = 1, minY_ = std::numeric_limits<double>::max(), maxY_ = std::numeric_limits<double>::lowest();
};

// A running mean that forgets; divided by the weight it has seen, so that it does not start late.
std::vector<Point> smoothed(const std::vector<Point>& raw) {
  const double keep = 1 - 1.0 / std::max(1.0, static_cast<double>(raw.size()) / 50);
  std::vector<Point> out = raw;
  double sum = 0, weight = 0;
  for (Point& point : out) {
    sum = keep * sum + (1 - keep) * point.y;
    weight = keep * weight + (1 - keep);
    point.y = sum / weight;
  }
  return out;
}

std::string panelOf(double top, const ReportSlot& slot, const RunCurves& curves) {
  const auto index = static_cast<std::size_t>(slot.slot);
  std::vector<Point> steps, train, validation;
  for (const StepRecord& s : curves.steps) steps.push_back({static_cast<double>(s.step), s.values[index]});
  for (const EpochRecord& e : curves.epochs) {
    train.push_back({static_cast<double>(e.step), e.train[index]});
    if (e.hasValidation) validation.push_back({static_cast<double>(e.step), e.validation[index]});
  }
  std::vector<Point> all = steps;
  all.insert(all.end(), train.begin(), train.end());
  all.insert(all.end(), validation.begin(), validation.end());
  const Panel panel(top, slot.name + " by step", all);
  return panel.frame() + panel.line(steps, "#2f6fde", 1, 0.3) + panel.line(smoothed(steps), "#2f6fde", 2, 1) +
         panel.line(validation, "#c2410c", 2, 1) + panel.dots(validation, "#c2410c");
}

}  // namespace

std::string curvePicture(const std::string& title, const RunCurves& curves) {
  const std::size_t panels = std::min<std::size_t>(2, curves.slots.size());
  const double height = 40 + kPanelHeight * static_cast<double>(panels);
  std::string out = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' "
      "font-family='sans-serif' "
      "font-size='12' fill='#3a4350'>\n<rect width='100%' height='100%' fill='white'/>\n<text x='{2}' y='24' "
      "font-size='16' font-weight='bold'>{3}</text>\n<text x='{4}' y='24' text-anchor='end'><tspan "
      "fill='#2f6fde'>training"
      "</tspan>  <tspan fill='#c2410c'>validation</tspan></text>\n",
      kWidth, height, kLeft, escaped(title), kWidth - kRight);
  for (std::size_t i = 0; i < panels; ++i)
    out += panelOf(40 + kTop - 20 + kPanelHeight * static_cast<double>(i), curves.slots[i], curves);
  return out + "</svg>\n";
}

Status writeCurvePicture(const std::string& title, const RunCurves& curves,
                         const std::filesystem::path& file) {
  return writeFileAtomically(file, curvePicture(title, curves));
}

}  // namespace tandem::cli
