#include "core/data/drawing.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace tandem {
namespace {

constexpr double kBox = 20.0 / 28;     // of the shorter side: of a centered drawing
constexpr double kMostPen = 4.0 / 28;  // likewise: so that a dot does not fill the box
constexpr double kMostInk = 0.25;      // the mean of images of digits: MNIST has 0.13, photographs about 0.5

// A drawing is moved and scaled from widths of the area to pixels.
struct Placement {
  double factor = 1, x = 0, y = 0;
};

struct Bounds {
  double left = std::numeric_limits<double>::max(), top = left;
  double right = std::numeric_limits<double>::lowest(), bottom = right;
  double pen = 0;  // the widest one

  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

Bounds boundsOf(std::span<const Stroke> strokes) {
  Bounds bounds;
  for (const Stroke& stroke : strokes) {
    const double radius = stroke.width / 2;
    for (const Stroke::Point& point : stroke.points) {
      bounds.left = std::min(bounds.left, point.x - radius);
      bounds.right = std::max(bounds.right, point.x + radius);
      bounds.top = std::min(bounds.top, point.y - radius);
      bounds.bottom = std::max(bounds.bottom, point.y + radius);
      bounds.pen = std::max(bounds.pen, stroke.width);
    }
  }
  return bounds;
}

// The share of each pixel that is inked, from points on a grid of several per pixel.
class Canvas {
 public:
  Canvas(std::int64_t height, std::int64_t width)
      : points_(std::max(height, width) <= kSmall ? 4 : 2),
        rows_(height * points_),
        columns_(width * points_),
        inked_(static_cast<std::size_t>(rows_ * columns_)) {}

  void draw(const Stroke& stroke, const Placement& place) {
    const auto at = [&](std::size_t i) {
      return Stroke::Point{stroke.points[i].x * place.factor + place.x,
                           stroke.points[i].y * place.factor + place.y};
    };
    const double radius = stroke.width * place.factor / 2;
    for (std::size_t i = 0; i < stroke.points.size(); ++i) drawLine(at(i == 0 ? 0 : i - 1), at(i), radius);
  }

  std::vector<double> shares() const {
    const std::int64_t width = columns_ / points_;
    std::vector<double> shares(static_cast<std::size_t>(rows_ / points_ * width));
    const double each = 1.0 / static_cast<double>(points_ * points_);
    for (std::int64_t row = 0; row < rows_; ++row)
      for (std::int64_t column = 0; column < columns_; ++column)
        if (inked_[static_cast<std::size_t>(row * columns_ + column)])
          shares[static_cast<std::size_t>(row / points_ * width + column / points_)] += each;
    return shares;
  }

 private:
  static constexpr std::int64_t kSmall = 96;  // pixels of a side; the edges of larger images may be coarser

  // The first point of the grid at or after a position in pixels, within [0, count].
  std::int64_t firstFrom(double position, std::int64_t count) const {
    const double index = std::ceil(position * static_cast<double>(points_) - 0.5);
    return static_cast<std::int64_t>(std::clamp(index, 0.0, static_cast<double>(count)));
  }

  void drawLine(const Stroke::Point& from, const Stroke::Point& to, double radius) {
    const double dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy;
    const std::int64_t bottom = firstFrom(std::max(from.y, to.y) + radius, rows_ - 1),
                       right = firstFrom(std::max(from.x, to.x) + radius, columns_ - 1);
    const std::int64_t left = firstFrom(std::min(from.x, to.x) - radius, columns_);
    for (std::int64_t row = firstFrom(std::min(from.y, to.y) - radius, rows_); row <= bottom; ++row)
      for (std::int64_t column = left; column <= right; ++column) {
        const double x = (static_cast<double>(column) + 0.5) / static_cast<double>(points_) - from.x;
        const double y = (static_cast<double>(row) + 0.5) / static_cast<double>(points_) - from.y;
        const double share = length > 0 ? std::clamp((x * dx + y * dy) / length, 0.0, 1.0) : 0;
        const double ax = x - share * dx, ay = y - share * dy;
        if (ax * ax + ay * ay <= radius * radius)
          inked_[static_cast<std::size_t>(row * columns_ + column)] = 1;
      }
  }

  std::int64_t points_;  // per pixel, in each direction
  std::int64_t rows_, columns_;
  std::vector<std::uint8_t> inked_;
};

std::vector<double> rendered(std::span<const Stroke> strokes, std::int64_t height, std::int64_t width,
                             const Placement& place) {
  Canvas canvas(height, width);
  for (const Stroke& stroke : strokes) canvas.draw(stroke, place);
  return canvas.shares();
}

Placement centered(std::span<const Stroke> strokes, std::int64_t height, std::int64_t width) {
  const Bounds bounds = boundsOf(strokes);
  const auto side = static_cast<double>(std::min(height, width));
  const double middleX = static_cast<double>(width) / 2, middleY = static_cast<double>(height) / 2;
  Placement place;
  place.factor =
      std::min(kBox * side / std::max(bounds.width(), bounds.height()), kMostPen * side / bounds.pen);
  place.x = middleX - place.factor * (bounds.left + bounds.width() / 2);
  place.y = middleY - place.factor * (bounds.top + bounds.height() / 2);
  double ink = 0, x = 0, y = 0;
  const std::vector<double> shares = rendered(strokes, height, width, place);
  for (std::int64_t row = 0; row < height; ++row)
    for (std::int64_t column = 0; column < width; ++column) {
      const double share = shares[static_cast<std::size_t>(row * width + column)];
      ink += share;
      x += share * (static_cast<double>(column) + 0.5);
      y += share * (static_cast<double>(row) + 0.5);
    }
  if (ink <= 0) return place;
  // No further than the edge, where it would be cut.
  const double mostX = middleX - place.factor * bounds.width() / 2;
  const double mostY = middleY - place.factor * bounds.height() / 2;
  place.x += std::clamp(middleX - x / ink, -mostX, mostX);
  place.y += std::clamp(middleY - y / ink, -mostY, mostY);
  return place;
}

}  // namespace

DrawingStyle drawingStyleOf(const Field& image) {
  DrawingStyle style;
  const bool grey = image.image[2] == 1;
  style.centered = grey;
  if (!isScaled(image)) return style;  // the mean is not known
  const double mean =
      std::accumulate(image.mean.begin(), image.mean.end(), 0.0) / static_cast<double>(image.mean.size());
  style.lightOnDark = mean < 0.5;
  style.centered = grey && std::min(mean, 1 - mean) < kMostInk;
  return style;
}

Image renderDrawing(std::span<const Stroke> strokes, std::int64_t height, std::int64_t width,
                    const DrawingStyle& style) {
  std::vector<Stroke> drawn;
  std::ranges::copy_if(strokes, std::back_inserter(drawn),
                       [](const Stroke& stroke) { return !stroke.points.empty() && stroke.width > 0; });
  Placement place{.factor = static_cast<double>(width)};
  if (style.centered && !drawn.empty()) place = centered(drawn, height, width);
  Image image{.height = height, .width = width, .channels = 1, .pixels = {}};
  for (const double share : rendered(drawn, height, width, place))
    image.pixels.push_back(
        static_cast<std::uint8_t>(std::lround(255 * (style.lightOnDark ? share : 1 - share))));
  return image;
}

}  // namespace tandem
