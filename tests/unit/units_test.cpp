// Quantities as users read them.
#include "core/text/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace tandem {
namespace {

TEST(Units, ThreeDigitsAndAPrefix) {
  EXPECT_EQ(countText(0), "0");
  EXPECT_EQ(countText(320), "320");
  EXPECT_EQ(countText(999.4), "999");
  EXPECT_EQ(countText(999.6), "1.00 k");
  EXPECT_EQ(countText(61'706), "61.7 k");
  EXPECT_EQ(countText(1.23e6), "1.23 M");
  EXPECT_EQ(countText(999'499), "999 k");
  EXPECT_EQ(countText(999'600), "1.00 M");
  EXPECT_EQ(bytesText(512), "512 B");
  EXPECT_EQ(bytesText(1536), "1.54 kB");
  EXPECT_EQ(bytesText(13.2e9), "13.2 GB");
  EXPECT_EQ(bytesText(5e18), "5000 PB");
  EXPECT_EQ(text(flopsOf(460'000)), "460 kFLOPs");
}

TEST(Units, OnlyPhysicalUnitsHaveFractions) {
  EXPECT_EQ(joulesText(0), "0 J");
  EXPECT_EQ(joulesText(0.42), "420 mJ");
  EXPECT_EQ(joulesText(0.9997), "1.00 J");
  EXPECT_EQ(joulesText(4.2e-5), "42.0 \u00b5J");
  EXPECT_EQ(joulesText(-4200), "-4.20 kJ");
  EXPECT_EQ(countText(0.25), "0.25");  // samples per second
}

TEST(Units, Durations) {
  EXPECT_EQ(durationText(0), "0.0 s");
  EXPECT_EQ(durationText(9.94), "9.9 s");
  EXPECT_EQ(durationText(9.96), "10 s");
  EXPECT_EQ(durationText(59.6), "1 min 0 s");
  EXPECT_EQ(durationText(200), "3 min 20 s");
  EXPECT_EQ(durationText(3599.6), "1 h 0 min");
  EXPECT_EQ(durationText(7505), "2 h 5 min");
  EXPECT_EQ(durationText(std::numeric_limits<double>::infinity()), "∞");
}

TEST(Units, RelativeDifferences) {
  EXPECT_EQ(differenceText(0), "0");
  EXPECT_EQ(differenceText(3.12e-7), "3.1e-07");
  EXPECT_EQ(differenceText(std::numeric_limits<double>::quiet_NaN()), "∞");
}

}  // namespace
}  // namespace tandem
