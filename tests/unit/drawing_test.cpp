// Drawings of the user as images of the training data. The expected numbers follow from the geometry of a pen stroke,
// which is a rectangle with half a disc at each end.
#include "core/data/drawing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>
#include <numeric>

namespace tandem {
namespace {

constexpr DrawingStyle kAsDrawn{.centered = false, .lightOnDark = true};
constexpr DrawingStyle kCentered{.centered = true, .lightOnDark = true};

double inkOf(const Image& image) {  // in pixels
  return std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0) / 255;
}

// The first and the last row, or column, with ink.
std::pair<std::int64_t, std::int64_t> extentOf(const Image& image, bool rows) {
  std::int64_t first = image.height + image.width, last = -1;
  for (std::int64_t i = 0; i < image.height * image.width; ++i) {
    if (image.pixels[static_cast<std::size_t>(i)] == 0) continue;
    const std::int64_t at = rows ? i / image.width : i % image.width;
    first = std::min(first, at);
    last = std::max(last, at);
  }
  return {first, last};
}

std::pair<double, double> massCenterOf(const Image& image) {
  double x = 0, y = 0;
  for (std::int64_t row = 0; row < image.height; ++row)
    for (std::int64_t column = 0; column < image.width; ++column) {
      const double level = image.pixels[static_cast<std::size_t>(row * image.width + column)] / 255.0;
      x += level * (static_cast<double>(column) + 0.5);
      y += level * (static_cast<double>(row) + 0.5);
    }
  return {x / inkOf(image), y / inkOf(image)};
}

TEST(Drawing, APixelHasTheShareThatIsInked) {
  // A vertical stroke through a 4 x 4 image, whose ends are outside. It covers x from 1.25 to 2.75.
  const std::vector<Stroke> stroke{{0.375, {{0.5, -1}, {0.5, 2}}}};
  const Image light = renderDrawing(stroke, 4, 4, kAsDrawn);
  ASSERT_EQ(light.channels, 1);
  ASSERT_EQ(light.pixels.size(), 16u);
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(light.pixels[4 * row], 0);
    EXPECT_EQ(light.pixels[4 * row + 1], 191) << "three quarters of 255";
    EXPECT_EQ(light.pixels[4 * row + 2], 191);
    EXPECT_EQ(light.pixels[4 * row + 3], 0);
  }
  const Image dark = renderDrawing(stroke, 4, 4, {.centered = false, .lightOnDark = false});
  EXPECT_EQ(dark.pixels[0], 255);
  EXPECT_EQ(dark.pixels[1], 64);
}

TEST(Drawing, AnEmptyOneIsBackground) {
  for (const bool centered : {false, true}) {
    EXPECT_EQ(inkOf(renderDrawing({}, 5, 3, {centered, true})), 0);
    EXPECT_EQ(inkOf(renderDrawing(std::vector<Stroke>{{0.1, {}}}, 5, 3, {centered, false})), 15);
  }
}

TEST(Drawing, AStrokeIsCenteredAndFillsTheBox) {
  // 0.6 high with its round ends, which become 20 pixels; the pen of 0.1 becomes 3.33 of them.
  const std::vector<Stroke> one{{0.1, {{0.9, 0.05}, {0.9, 0.55}}}};
  const Image image = renderDrawing(one, 28, 28, kCentered);
  EXPECT_EQ(extentOf(image, true), (std::pair<std::int64_t, std::int64_t>(4, 23)));
  EXPECT_EQ(extentOf(image, false), (std::pair<std::int64_t, std::int64_t>(12, 15)));
  const double pen = 0.1 * 20 / 0.6;
  const double area = pen * (20 - pen) + std::numbers::pi * pen * pen / 4;
  EXPECT_NEAR(inkOf(image), area, 0.06 * area);
  const auto [x, y] = massCenterOf(image);
  EXPECT_NEAR(x, 14, 0.05);
  EXPECT_NEAR(y, 14, 0.05);
}

TEST(Drawing, TheCenterOfMassIsInTheMiddle) {
  // An L: its center of mass is far from the center of its box.
  const std::vector<Stroke> l{{0.05, {{0.2, 0.1}, {0.2, 0.8}, {0.6, 0.8}}}};
  const Image image = renderDrawing(l, 28, 28, kCentered);
  const auto [x, y] = massCenterOf(image);
  EXPECT_NEAR(x, 14, 0.15);
  EXPECT_NEAR(y, 14, 0.15);
  const auto [top, bottom] = extentOf(image, true);
  EXPECT_GE(bottom - top + 1, 20);
  EXPECT_LE(bottom - top + 1, 21) << "20 pixels, which need not begin at the edge of one";
}

TEST(Drawing, APlaceAndSizeDoNotMatterIfItIsCentered) {
  // Powers of two, so that the numbers are exact.
  const auto drawn = [](double scale, double shift) {
    Stroke stroke{0.125 * scale, {}};
    for (const auto& [x, y] : {std::pair(0.25, 0.125), {0.75, 0.125}, {0.5, 0.875}})
      stroke.points.push_back({x * scale + shift, y * scale + shift});
    return renderDrawing(std::vector<Stroke>{stroke}, 28, 28, kCentered).pixels;
  };
  const auto whole = drawn(1, 0);
  EXPECT_EQ(drawn(0.5, 0), whole);
  EXPECT_EQ(drawn(0.5, 0.375), whole);
  const std::vector<Stroke> small{{0.0625, {{0.125, 0.0625}, {0.375, 0.0625}}}};
  EXPECT_NE(renderDrawing(small, 28, 28, kAsDrawn).pixels, renderDrawing(small, 28, 28, kCentered).pixels);
}

TEST(Drawing, ADotDoesNotFillTheBox) {
  const Image image = renderDrawing(std::vector<Stroke>{{0.1, {{0.1, 0.1}}}}, 28, 28, kCentered);
  const double area = std::numbers::pi * 4 * 4 / 4;  // a disc of 4 pixels
  EXPECT_NEAR(inkOf(image), area, 0.08 * area);
  EXPECT_EQ(extentOf(image, true), (std::pair<std::int64_t, std::int64_t>(12, 15)));
}

TEST(Drawing, NothingIsCutAtTheEdge) {
  // Nearly all ink is on the left; its center of mass cannot be in the middle of the image.
  std::vector<Stroke> drawn{{0.02, {{0.1, 0.5}, {0.9, 0.5}}}};
  for (int i = 0; i < 40; ++i) drawn.push_back({0.02, {{0.1, 0.3 + 0.01 * i}, {0.2, 0.3 + 0.01 * i}}});
  const Image image = renderDrawing(drawn, 28, 28, kCentered);
  const auto [left, right] = extentOf(image, false);
  EXPECT_GE(right - left + 1, 20);
  EXPECT_LE(right, 27);
}

TEST(Drawing, TheStyleIsThatOfTheTrainingImages) {
  Field image{.name = "image", .kind = FieldKind::Image, .image = Shape{28, 28, 1}};
  const auto style = [&](std::vector<double> mean) {
    image.mean = std::move(mean);
    image.scale.assign(image.mean.size(), 3);
    return drawingStyleOf(image);
  };
  EXPECT_EQ(drawingStyleOf(image), (DrawingStyle{true, true})) << "a mean that is not known";
  EXPECT_EQ(style({0.13}), (DrawingStyle{true, true})) << "MNIST";
  EXPECT_EQ(style({0.87}), (DrawingStyle{true, false})) << "ink on paper";
  EXPECT_EQ(style({0.29}), (DrawingStyle{false, true})) << "Fashion-MNIST, which fills the images";
  image.image = Shape{32, 32, 3};
  EXPECT_EQ(style({0.6, 0.5, 0.55}), (DrawingStyle{false, false})) << "photographs";
}

}  // namespace
}  // namespace tandem
