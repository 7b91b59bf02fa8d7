// What the user draws by hand, as an image that looks like those of the training data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/image.h"
#include "core/data/preprocessing.h"

namespace tandem {

// Lengths are in widths of the drawing area, from its top left corner.
struct Stroke {
  struct Point {
    double x = 0, y = 0;
  };
  double width = 0.08;
  std::vector<Point> points;  // one point: a dot
};

struct DrawingStyle {
  // As in MNIST: the drawing is scaled into a square of 20/28 of the image, with the center of mass of its ink in the
  // center of the image.
  bool centered = false;
  bool lightOnDark = true;
  bool operator==(const DrawingStyle&) const = default;
};

// The style of the training images: their background is most of the area, so that the mean is close to it. Images of
// digits and the like, which have one channel and little ink, are centered; so are those whose mean is not known.
DrawingStyle drawingStyleOf(const Field& image);

// The drawing in grey levels.
Image renderDrawing(std::span<const Stroke> strokes, std::int64_t height, std::int64_t width,
                    const DrawingStyle& style);

}  // namespace tandem
