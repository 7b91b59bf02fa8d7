// The list of cards: what is read from it, what is wrong with it and where, and finding a card by name.
#include "core/twin/cards.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

std::string errorOf(const std::string& json) {
  const auto cards = cardsFromJson(json, "my.json");
  return cards.ok() ? "no error" : cards.error().text();
}

// A list of two cards, of which the second has these fields.
std::string listWith(const std::string& fields) {
  return R"({"cards": [{"name": "First", "capability": 8.6, "memory_gb": 8, "bandwidth_gb_s": 400, "fp32_tflops": 10}, {)" +
         fields + "}]}";
}

TEST(Cards, TheBuiltInListIsValid) {
  const auto cards = cardsFromJson(builtinCards(), "built in");
  ASSERT_TRUE(cards.ok()) << cards.error().text();
  EXPECT_GE(cards->size(), 15u);
  for (const Card& card : *cards) {
    SCOPED_TRACE(card.name);
    EXPECT_GE(card.capability, 70);
    EXPECT_LE(card.capability, 130);
    EXPECT_GE(card.year, 2017);
    EXPECT_GT(card.watts, 0);
    EXPECT_EQ(card.price > 0, !card.priceDate.empty());
    EXPECT_GT(card.fp16, card.fp32);  // they all have tensor cores
    if (card.capability < 80) {
      EXPECT_EQ(card.tf32, 0);
      EXPECT_EQ(card.bf16, 0);
      continue;
    }
    // On tensor cores, halves are twice as fast as tf32 in every architecture so far.
    EXPECT_EQ(card.bf16, card.fp16);
    EXPECT_NEAR(card.bf16 / card.tf32, 2, 0.06);
    EXPECT_GE(card.tf32, card.fp32);
  }
}

TEST(Cards, NumbersAreInUnitsWithoutPrefix) {
  const Card card = findCard(cardsFromJson(builtinCards(), "built in").value(), "GeForce RTX 4090").value();
  EXPECT_EQ(card.capability, 89);
  EXPECT_DOUBLE_EQ(card.memoryBytes, 24.0 * (1 << 30));
  EXPECT_DOUBLE_EQ(card.bandwidth, 1008e9);
  EXPECT_DOUBLE_EQ(card.flops(Precision::Fp32), 82.6e12);
  EXPECT_DOUBLE_EQ(card.flops(Precision::Tf32), 82.6e12);
  EXPECT_DOUBLE_EQ(card.flops(Precision::Bf16), 165.2e12);
  EXPECT_DOUBLE_EQ(card.flops(Precision::Fp16), 165.2e12);
  EXPECT_DOUBLE_EQ(card.watts, 450);
  EXPECT_DOUBLE_EQ(card.price, 1599);
  EXPECT_EQ(card.priceDate, "2022-10");
  EXPECT_LT(static_cast<double>(card.usableBytes()), card.memoryBytes);
  EXPECT_GT(static_cast<double>(card.usableBytes()), 0.9 * card.memoryBytes);
}

TEST(Cards, UnknownNumbersMayBeOmitted) {
  const auto cards = cardsFromJson(
      listWith(
          R"("name": "Old", "capability": 7.5, "memory_gb": 6, "bandwidth_gb_s": 288, "fp32_tflops": 5)"),
      "x");
  ASSERT_TRUE(cards.ok()) << cards.error().text();
  ASSERT_EQ(cards->size(), 2u);
  EXPECT_EQ((*cards)[1].fp16, 0);
  EXPECT_EQ((*cards)[1].price, 0);
  EXPECT_EQ((*cards)[1].capability, 75);
}

TEST(Cards, ErrorsNameThePlace) {
  const std::string broken = errorOf("{\n \"cards\": [\n  {\"name\": }\n ]\n}");
  EXPECT_TRUE(broken.starts_with("my.json")) << broken;
  EXPECT_NE(broken.find("line 3"), std::string::npos) << broken;
  const std::string rest = R"("capability": 8.6, "memory_gb": 8, "bandwidth_gb_s": 400, "fp32_tflops": 10)";
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "my.json: is not a list of cards"},
      {R"({"cards": []})", "my.json: cards: the list is empty"},
      {R"({"cards": 3})", "my.json: cards: must be a list"},
      {listWith(R"("name": "B", "memory_gb": "8")"), "my.json: cards[1].memory_gb: must be a number"},
      {listWith(R"("name": "B", "memory_gb": -8)"), "my.json: cards[1].memory_gb: must be a number from"},
      {listWith(R"("name": "B", "capability": 8.6, "memory_gb": 8, "fp32_tflops": 1)"),
       "my.json: cards[1].bandwidth_gb_s: is missing"},
      {listWith(rest), "my.json: cards[1].name: is missing"},
      {listWith(R"("name": "B", "colour": "green", )" + rest), "my.json: cards[1]: unknown key"},
      {listWith(R"("name": "first", )" + rest), "my.json: cards[1].name: two cards are called"}};
  for (const auto& [json, expected] : cases) {
    const std::string error = errorOf(json);
    EXPECT_TRUE(error.starts_with(expected)) << error << "\nexpected: " << expected;
  }
}

TEST(Cards, AreFoundByTheirNameInAnyFormOrAUniquePart) {
  const std::vector<Card> cards = cardsFromJson(builtinCards(), "built in").value();
  for (const char* name : {"GeForce RTX 4090", "NVIDIA GeForce RTX 4090", "rtx4090", "RTX-4090", "4090"})
    EXPECT_EQ(findCard(cards, name).value().name, "GeForce RTX 4090") << name;
  EXPECT_EQ(findCard(cards, "Tesla T4").value().name, "T4");
  EXPECT_EQ(findCard(cards, "l4").value().name, "L4");  // not L40S
  const auto several = findCard(cards, "H100");
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.error().where, "H100");
  EXPECT_NE(several.error().hint.find("H100 PCIe and H100 SXM"), std::string::npos) << several.error().text();
}

TEST(Cards, AnUnknownNameGetsTheNearestOnes) {
  const std::vector<Card> cards = cardsFromJson(builtinCards(), "built in").value();
  const auto unknown = findCard(cards, "RTX 4091");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::NotFound);
  EXPECT_NE(unknown.error().hint.find("GeForce RTX 4090"), std::string::npos) << unknown.error().text();
  EXPECT_EQ(unknown.error().hint.find("B200"), std::string::npos) << unknown.error().text();
  EXPECT_FALSE(findCard(cards, "").ok());
  EXPECT_FALSE(findCard({}, "RTX 4090").ok());
}

TEST(Cards, TheUsersCopyReplacesTheList) {
  const TemporaryFolder folder;
  const auto own = folder / "tandem" / "cards.json";
  EXPECT_TRUE(loadCards(own).value().file.empty());
  EXPECT_TRUE(loadCards({}).ok());
  ASSERT_TRUE(createOwnCards(own).ok());
  const CardList copy = loadCards(own).value();
  EXPECT_EQ(copy.file, own);
  EXPECT_EQ(copy.cards.size(), cardsFromJson(builtinCards(), "built in").value().size());
  const std::string mine =
      R"({"cards": [{"name": "Mine", "capability": 9.0, "memory_gb": 1, "bandwidth_gb_s": 1, "fp32_tflops": 1}]})";
  ASSERT_TRUE(writeFileAtomically(own, mine).ok());
  ASSERT_TRUE(createOwnCards(own).ok());  // keeps what is there
  EXPECT_EQ(loadCards(own).value().cards.at(0).name, "Mine");
  ASSERT_TRUE(writeFileAtomically(own, "{").ok());
  const auto broken = loadCards(own);
  ASSERT_FALSE(broken.ok());
  EXPECT_TRUE(broken.error().where.starts_with(own.string())) << broken.error().text();
}

}  // namespace
}  // namespace tandem
