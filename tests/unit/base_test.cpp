#include <gtest/gtest.h>

#include <set>

#include "core/base/philox.h"
#include "core/base/result.h"
#include "core/base/spsc_ring.h"

namespace tandem {
namespace {

TEST(Result, TryReturnsTheErrorOfTheInnerCall) {
  const auto inner = [](bool fail) -> Result<int> {
    if (fail) return invalid("no", "row 3", "Say yes");
    return 7;
  };
  const auto outer = [&](bool fail) -> Result<std::string> {
    TANDEM_ASSIGN(const int value, inner(fail));
    return std::to_string(value);
  };
  EXPECT_EQ(*outer(false), "7");
  EXPECT_EQ(outer(true).error().text(), "row 3: no. Say yes");
  EXPECT_THROW(outer(true).value(), Bug);
}

// Known answers of the authors' reference implementation (Random123, kat_vectors).
TEST(Philox, MatchesThePublishedVectors) {
  const Philox4 zero = philox(0, 0, 0);
  EXPECT_EQ(zero.v[0], 0x6627e8d5u);
  EXPECT_EQ(zero.v[1], 0xe169c58du);
  EXPECT_EQ(zero.v[2], 0xbc57ac4cu);
  EXPECT_EQ(zero.v[3], 0x9b00dbd8u);
  const Philox4 ones = philox(~0ull, ~0ull, ~0ull);
  EXPECT_EQ(ones.v[0], 0x408f276du);
  EXPECT_EQ(ones.v[1], 0x41c83b0eu);
  EXPECT_EQ(ones.v[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.v[3], 0x6d5451fdu);
}

TEST(Philox, NormalHasUnitVarianceAndBelowCoversItsRange) {
  PhiloxSequence random(3, 4);
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 20000, 0.0, 0.03);
  EXPECT_NEAR(squares / 20000, 1.0, 0.05);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(SpscRing, RejectsWhenFullAndKeepsOrder) {
  SpscRing<int> ring(2);
  EXPECT_TRUE(ring.tryPush(1));
  EXPECT_TRUE(ring.tryPush(2));
  EXPECT_FALSE(ring.tryPush(3));
  int item = 0;
  EXPECT_TRUE(ring.tryPop(item));
  EXPECT_EQ(item, 1);
  EXPECT_TRUE(ring.tryPush(3));
  EXPECT_TRUE(ring.tryPop(item) && ring.tryPop(item));
  EXPECT_EQ(item, 3);
  EXPECT_FALSE(ring.tryPop(item));
}

}  // namespace
}  // namespace tandem
