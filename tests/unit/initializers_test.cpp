#include "core/layers/initializers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/base/philox.h"

namespace tandem {
namespace {

ParameterInfo weight(std::string initializer, Shape shape, std::int64_t fanIn, std::int64_t fanOut) {
  ParameterInfo info;
  info.name = "it/kernel";
  info.initializer = std::move(initializer);
  info.shape = shape;
  info.fanIn = fanIn;
  info.fanOut = fanOut;
  return info;
}

TEST(Initializers, HaveTheirMeanVarianceAndBounds) {
  const std::pair<const char*, double> cases[] = {
      {"glorot", 2.0 / 500}, {"he", 2.0 / 200}, {"lecun", 1.0 / 200}};
  for (const auto& [family, variance] : cases) {
    for (const bool uniform : {true, false}) {
      const auto info =
          weight(family + std::string(uniform ? "_uniform" : "_normal"), Shape{200, 300}, 200, 300);
      SCOPED_TRACE(info.initializer);
      std::vector<float> values(60000);
      ASSERT_TRUE(initialize(info, 1, 2, values).ok());
      double sum = 0, squares = 0, largest = 0;
      for (const float v : values) {
        sum += v;
        squares += double{v} * v;
        largest = std::max(largest, std::abs(double{v}));
      }
      const double n = 60000;
      EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(variance / n));
      EXPECT_NEAR(squares / n / variance, 1, uniform ? 0.02 : 0.03);
      const double limit = std::sqrt(3 * variance);
      if (uniform) {
        EXPECT_LE(largest, limit * 1.000001);
        EXPECT_GT(largest, limit * 0.999);
      } else {
        EXPECT_GT(largest, 3.5 * std::sqrt(variance));
      }
    }
  }
}

TEST(Initializers, OrthogonalRowsOrColumnsAreOrthonormal) {
  const Shape shapes[] = {Shape{20, 50}, Shape{50, 20}, Shape{16, 3, 3, 4}, Shape{7, 7}};
  for (const Shape& shape : shapes) {
    const auto rows = static_cast<std::size_t>(shape[0]),
               columns = static_cast<std::size_t>(shape.elements()) / rows;
    std::vector<float> w(rows * columns);
    ASSERT_TRUE(initialize(weight("orthogonal", shape, 1, 1), 5, 0, w).ok());
    const bool wide = rows <= columns;
    const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
    const auto at = [&](std::size_t i, std::size_t k) {
      return double{wide ? w[i * columns + k] : w[k * columns + i]};
    };
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double dot = 0;
        for (std::size_t k = 0; k < length; ++k) dot += at(i, k) * at(j, k);
        EXPECT_NEAR(dot, i == j ? 1.0 : 0.0, 1e-6) << shape.text();
      }
    }
  }
}

TEST(Initializers, DependOnSeedAndIndexOnly) {
  const auto info = weight("he_normal", Shape{10, 10}, 10, 10);
  std::vector<float> a(100), b(100), c(100), d(100);
  ASSERT_TRUE(initialize(info, 1, 0, a).ok() && initialize(info, 1, 0, b).ok());
  ASSERT_TRUE(initialize(info, 1, 1, c).ok() && initialize(info, 2, 0, d).ok());
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(a, d);
  // The stream is part of what makes runs reproducible: its first draw must not change.
  PhiloxSequence expected(1, stream(RandomStream::Weights, 0));
  EXPECT_EQ(a[0], static_cast<float>(expected.normal() * std::sqrt(2.0 / 10)));
}

TEST(Initializers, ConstantsAndInvalidValues) {
  std::vector<float> values(6, 9.0f);
  ASSERT_TRUE(initialize(weight("zeros", Shape{6}, 0, 0), 1, 0, values).ok());
  EXPECT_EQ(values, std::vector<float>(6, 0.0f));
  ASSERT_TRUE(initialize(weight("ones", Shape{6}, 0, 0), 1, 0, values).ok());
  EXPECT_EQ(values, std::vector<float>(6, 1.0f));
  EXPECT_EQ(
      initialize(weight("orthogonal", Shape{6}, 0, 0), 1, 0, values).error().text(),
      "it/kernel: orthogonal needs a weight with at least two dimensions, not 6. Choose another initializer");
  EXPECT_EQ(initialize(weight("xavier", Shape{6}, 0, 0), 1, 0, values).error().text(),
            "it/kernel: unknown initializer 'xavier'");
}

}  // namespace
}  // namespace tandem
