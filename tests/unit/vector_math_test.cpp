// Compares the f32 functions of the CPU kernels with double precision over their full range.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

// The largest relative error over [low, high], where results below `floor` count as `floor`.
template <class Fast, class Exact>
double worst(float low, float high, Fast fast, Exact exact, double floor = 1e-37) {
  double error = 0;
  constexpr int kPoints = 200000;
  for (int i = 0; i <= kPoints; ++i) {
    const float x = low + (high - low) * static_cast<float>(i) / kPoints;
    const double want = exact(static_cast<double>(x));
    error = std::max(error, std::abs(static_cast<double>(fast(x)) - want) / std::max(floor, std::abs(want)));
  }
  return error;
}

TEST(VectorMath, RelativeErrorsAreAFewUlps) {
  EXPECT_LT(worst(-87, 88, vexp, [](double x) { return std::exp(x); }), 2.5e-7);
  EXPECT_LT(worst(
                -20, 20, vexpm1, [](double x) { return std::expm1(x); }, 1e-30),
            4e-7);
  EXPECT_LT(worst(
                -0.01f, 0.01f, vexpm1, [](double x) { return std::expm1(x); }, 1e-30),
            2e-7);
  EXPECT_LT(worst(0, 1, vlog1p01, [](double x) { return std::log1p(x); }), 3e-7);
  EXPECT_LT(worst(
                1e-3f, 3, vlog, [](double x) { return std::log(x); }, 1e-6),
            4e-7);
  EXPECT_LT(worst(
                1, 5000, vlog, [](double x) { return std::log(x); }, 1e-6),
            3e-7);
  EXPECT_LT(worst(-80, 20, vsigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }), 4e-7);
  EXPECT_LT(worst(-10, 10, vtanh, [](double x) { return std::tanh(x); }), 5e-7);
  EXPECT_LT(worst(-80, 20, vsoftplus,
                  [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }),
            6e-7);
  EXPECT_LT(worst(0, 2, verfc, [](double x) { return std::erfc(x); }), 1e-6);
  // Further out, the rounding of x^2 in the exponent grows, while the value vanishes.
  EXPECT_LT(worst(2, 9, verfc, [](double x) { return std::erfc(x); }), 8e-6);
}

TEST(VectorMath, SpecialValuesMatchTheStandardFunctions) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(vexp(0.0f), 1.0f);
  EXPECT_EQ(vexp(-inf), 0.0f);
  EXPECT_EQ(vexp(inf), inf);
  EXPECT_EQ(vexp(200.0f), inf);
  EXPECT_GT(vexp(-100.0f), 0.0f);  // subnormal
  EXPECT_EQ(vsigmoid(-inf), 0.0f);
  EXPECT_EQ(vsigmoid(inf), 1.0f);
  EXPECT_EQ(vtanh(50.0f), 1.0f);
  EXPECT_EQ(vtanh(-inf), -1.0f);
  EXPECT_TRUE(std::signbit(vtanh(-0.0f)));
  EXPECT_EQ(vexpm1(-inf), -1.0f);
  EXPECT_EQ(vlog(1.0f), 0.0f);
  for (float (*f)(float) : {vexp, vexpm1, vlog, vlog1p01, vsigmoid, vtanh, vsoftplus, verfc, vnormalCdf})
    EXPECT_TRUE(std::isnan(f(nan)));
}

}  // namespace
}  // namespace tandem::cpu
