// The columns behind the live plots: envelope, bounds, merging, gaps, smoothing.
#include "ui/train/curve_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/train/smoothing.h"

namespace tandem::ui {
namespace {

float noise(int i) {
  return static_cast<float>(std::sin(i * 12.9898) * 43758.5453 -
                            std::floor(std::sin(i * 12.9898) * 43758.5453));
}

// The range that a drawing must cover: the extremes of the samples with x in [from, to].
CurveRange bruteForce(const std::vector<float>& y, double from, double to) {
  CurveRange range;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto x = static_cast<double>(i);
    if (x >= from && x <= to && !std::isnan(y[i])) range.include(y[i]);
  }
  return range;
}

TEST(CurveStore, AnEmptyCurveHasNoPoints) {
  const CurveStore curve;
  std::vector<CurvePoint> points{{1, 1}};
  curve.decimate(0, 10, 100, points);
  EXPECT_TRUE(points.empty());
  EXPECT_TRUE(curve.range(0, 10).empty());
  EXPECT_EQ(curve.nearest(3), curve.size());
}

TEST(CurveStore, AShortCurveIsDrawnUnchanged) {
  CurveStore curve;
  for (int i = 0; i < 50; ++i) curve.append(i, noise(i));
  std::vector<CurvePoint> points;
  curve.decimate(10, 20, 100, points);
  ASSERT_EQ(points.size(), 13u);  // 10..20 and a neighbour on each side
  EXPECT_EQ(points.front().x, 9);
  EXPECT_EQ(points.back().x, 21);
  for (const CurvePoint& p : points) EXPECT_EQ(p.y, noise(static_cast<int>(p.x)));
}

TEST(CurveStore, HasAtMostTwoPointsPerPixelAndAnExactEnvelope) {
  CurveStore curve;
  std::vector<float> all;
  for (int i = 0; i < 200'003; ++i) {
    all.push_back(noise(i) + (i == 123'456 ? 50.0F : 0.0F) - (i == 77'777 ? 50.0F : 0.0F));
    curve.append(i, all.back());
  }
  std::vector<CurvePoint> points;
  for (const auto& [from, to] :
       {std::pair{0.0, 200'002.0}, {100'000.5, 150'000.0}, {77'000.0, 78'000.0}, {5.0, 90'001.0}}) {
    for (const int pixels : {1, 7, 320, 1999}) {
      curve.decimate(from, to, pixels, points);
      ASSERT_LE(points.size(), 2u * static_cast<std::size_t>(pixels) + 2);
      EXPECT_TRUE(std::is_sorted(points.begin(), points.end(), [](auto a, auto b) { return a.x < b.x; }));
      const CurveRange wanted = bruteForce(all, from, to);
      CurveRange drawn;
      for (const CurvePoint& p : points) {
        if (p.x >= from && p.x <= to) drawn.include(p.y);
      }
      EXPECT_EQ(drawn.low, wanted.low);
      EXPECT_EQ(drawn.high, wanted.high);
      EXPECT_EQ(curve.range(from, to).low, wanted.low);
      EXPECT_EQ(curve.range(from, to).high, wanted.high);
    }
  }
}

TEST(CurveStore, EachPixelShowsItsOwnExtremes) {
  CurveStore curve;
  std::vector<float> all;
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(noise(i));
    curve.append(i, all.back());
  }
  std::vector<CurvePoint> points;
  curve.decimate(0, 10'000, 100, points);  // 100 samples per pixel
  ASSERT_EQ(points.size(), 200u);
  for (int p = 0; p < 100; ++p) {
    const auto pair = static_cast<std::size_t>(p);
    const CurveRange wanted = bruteForce(all, p * 100, p * 100 + 99);
    const double a = points[2 * pair].y, b = points[2 * pair + 1].y;
    EXPECT_EQ(std::min(a, b), wanted.low) << p;
    EXPECT_EQ(std::max(a, b), wanted.high) << p;
  }
}

TEST(CurveStore, MergesPastItsCapacityAndKeepsMeanAndEnvelope) {
  CurveStore curve(1000);
  double sum = 0;
  float low = 1e9F, high = -1e9F;
  const int count = 64'000;
  for (int i = 0; i < count; ++i) {
    const float y = noise(i);
    sum += y;
    low = std::min(low, y);
    high = std::max(high, y);
    curve.append(i, y);
  }
  EXPECT_LT(curve.size(), 1000u);
  EXPECT_GT(curve.size() * curve.stride(), static_cast<std::size_t>(count) - curve.stride());
  double mean = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) mean += curve.mean(i);
  EXPECT_NEAR(mean / static_cast<double>(curve.size()), sum / count, 1e-3);
  EXPECT_EQ(curve.range(0, count).low, low);
  EXPECT_EQ(curve.range(0, count).high, high);
  for (std::size_t i = 1; i < curve.size(); ++i) EXPECT_LT(curve.x(i - 1), curve.x(i));
}

TEST(CurveStore, GapsAndInfinitiesDoNotReachTheAxis) {
  CurveStore curve;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < 100; ++i) curve.append(i, i == 40 ? nan : i == 50 ? INFINITY : static_cast<float>(i));
  EXPECT_EQ(curve.range(30, 60).low, 30);
  EXPECT_EQ(curve.range(30, 60).high, 60);
  std::vector<CurvePoint> points;
  curve.decimate(38, 42, 100, points);
  EXPECT_TRUE(std::any_of(points.begin(), points.end(), [](auto p) { return std::isnan(p.y); }));
  EXPECT_TRUE(curve.range(40, 40).empty());
}

TEST(CurveStore, LogarithmicRangeLeavesOutZeroAndBelow) {
  CurveStore curve;
  for (int i = 0; i < 1000; ++i) curve.append(i, static_cast<float>(i - 500) / 100);
  const CurveRange range = curve.range(0, 1000, true);
  EXPECT_NEAR(range.low, 0.01, 1e-6);
  EXPECT_NEAR(range.high, 4.99, 1e-6);
  EXPECT_TRUE(curve.range(0, 500, true).empty());
}

TEST(CurveStore, NearestPoint) {
  CurveStore curve;
  for (const double x : {1.0, 2.0, 10.0}) curve.append(x, static_cast<float>(x));
  EXPECT_EQ(curve.nearest(-5), 0u);
  EXPECT_EQ(curve.nearest(1.4), 0u);
  EXPECT_EQ(curve.nearest(5.9), 1u);
  EXPECT_EQ(curve.nearest(6.1), 2u);
  EXPECT_EQ(curve.nearest(99), 2u);
}

TEST(SmoothedCurve, MatchesTheFormulaForAnyBatching) {
  CurveStore raw;
  SmoothedCurve smooth;
  smooth.setWeight(0.8);
  double s = 0;
  for (int i = 0; i < 300; ++i) {
    raw.append(i, noise(i));
    if (i % 7 == 0) smooth.update(raw);  // in several updates
    s = 0.8 * s + 0.2 * static_cast<double>(noise(i));
  }
  smooth.update(raw);
  ASSERT_EQ(smooth.curve().size(), 300u);
  EXPECT_NEAR(smooth.curve().mean(299), s / (1 - std::pow(0.8, 300)), 1e-6);
  EXPECT_FLOAT_EQ(smooth.curve().mean(0), noise(0));  // no bias towards zero at the start
}

TEST(SmoothedCurve, RestartsWhenTheWeightOrTheCurveChanges) {
  CurveStore raw;
  SmoothedCurve smooth;
  for (int i = 0; i < 10; ++i) raw.append(i, static_cast<float>(i));
  smooth.update(raw);
  smooth.setWeight(0);
  smooth.update(raw);
  ASSERT_EQ(smooth.curve().size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_FLOAT_EQ(smooth.curve().mean(i), static_cast<float>(i));
  raw.clear();
  raw.append(0, 5);
  smooth.update(raw);
  ASSERT_EQ(smooth.curve().size(), 1u);
  EXPECT_FLOAT_EQ(smooth.curve().mean(0), 5);
}

TEST(SmoothedCurve, SkipsNonFiniteSteps) {
  CurveStore raw;
  SmoothedCurve smooth;
  raw.append(0, 1);
  raw.append(1, std::numeric_limits<float>::quiet_NaN());
  raw.append(2, 1);
  smooth.update(raw);
  ASSERT_EQ(smooth.curve().size(), 2u);
  EXPECT_FLOAT_EQ(smooth.curve().mean(1), 1);
}

}  // namespace
}  // namespace tandem::ui
