// New data for a trained model: columns by name, categories of the training data, clear refusals.
#include "core/data/encode.h"

#include <gtest/gtest.h>

#include "core/network/preprocessing_json.h"

namespace tandem {
namespace {

using Values = std::vector<float>;

// colour (red, green), size, an ignored id, and the target label.
Preprocessing colours() {
  Preprocessing p;
  p.named = p.complete = true;
  p.fields = {{.name = "colour", .kind = FieldKind::Category, .categories = {"green", "red"}},
              {.name = "id", .role = FieldRole::Ignored},
              {.name = "size"},
              {.name = "label",
               .role = FieldRole::Target,
               .kind = FieldKind::Category,
               .categories = {"cold", "warm"}}};
  return p;
}

Values encode(std::string_view text, const Preprocessing& p = colours()) {
  const auto result = encodeTable(text, p, "ask.csv");
  EXPECT_TRUE(result.ok()) << result.error().text();
  return result.ok() ? result->inputs[0] : Values{};
}

std::string refusal(std::string_view text, const Preprocessing& p = colours()) {
  const auto result = encodeTable(text, p, "ask.csv");
  EXPECT_FALSE(result.ok()) << text;
  return result.ok() ? "" : result.error().text();
}

TEST(Encode, MatchesColumnsByName) {
  const Values expected = {0, 1, 1.5f, 1, 0, 2.5f};
  EXPECT_EQ(encode("colour,size\nred,1.5\ngreen,2.5\n"), expected);
  EXPECT_EQ(encode("size,colour\n1.5,red\n2.5,green\n"), expected) << "in another order";
  EXPECT_EQ(encode("size;colour\n1,5;red\n2,5;green\n"), expected) << "decimal commas";
  EXPECT_EQ(encode("colour,id,size,label\nred,1,1.5,warm\ngreen,?,2.5,\n"), expected)
      << "the whole table, with missing values in columns that the network does not read";
}

TEST(Encode, NormalizesInDoublePrecision) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "time", .mean = {1.7e9}, .scale = {0.5}}};
  EXPECT_EQ(encode("time\n1700000000.5\n1700000003\n", p), (Values{0.25f, 1.5f}));
}

TEST(Encode, NumbersOfAnySizeAreNormalized) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "small", .mean = {2e-50}, .scale = {1e50}},
              {.name = "large", .mean = {2e300}, .scale = {1e-300}}};
  EXPECT_EQ(encode("small,large\n3e-50,3e300\n", p), (Values{1, 1}));
  EXPECT_NE(refusal("small,large\n1,3e300\n", p).find("1 in column \"small\" is too large for float32"),
            std::string::npos);
}

TEST(Encode, OlderModelsMatchNamesInBothUnicodeForms) {
  Preprocessing stored;
  stored.named = true;
  stored.fields = {
      {.name = "o\xcc\x88l", .kind = FieldKind::Category, .categories = {"gru\xcc\x88n", "rot"}}};
  const auto p = preprocessingFromJson(toJson(stored), "f");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(encode("\xc3\xb6l\ngr\xc3\xbcn\n", *p), (Values{1, 0}));
}

TEST(Encode, ReadsLabelsWhereTheyAreNeeded) {
  const auto table =
      encodeTable("label,colour,size\nwarm,red,1\ncold,red,2\n", colours(), "ask.csv", Labels::Needed);
  ASSERT_TRUE(table.ok()) << table.error().text();
  EXPECT_EQ(table->targets[0].classOf, (std::vector<std::int32_t>{1, 0}));
  const auto error = [](std::string_view text) {
    return encodeTable(text, colours(), "ask.csv", Labels::Needed).error().text();
  };
  EXPECT_NE(error("colour,size\nred,1\n").find("there is no column \"label\", the target"),
            std::string::npos);
  EXPECT_NE(error("red,1\n").find("there is no column \"label\""), std::string::npos);
  EXPECT_NE(error("label,colour,size\nhot,red,1\n").find("\"hot\" is not a class of column \"label\""),
            std::string::npos);
  EXPECT_NE(error("label,colour,size\n,red,1\n").find("every row has a missing value"), std::string::npos);
  const auto incomplete =
      encodeTable("label,colour,size\nwarm,red,1\n,red,2\nwarm,,3\ncold,red,\ncold,red,5\n", colours(),
                  "ask.csv", Labels::Needed);
  ASSERT_TRUE(incomplete.ok()) << incomplete.error().text();
  EXPECT_EQ(incomplete->targets[0].classOf, (std::vector<std::int32_t>{1, 0})) << "as in training";
  EXPECT_EQ(incomplete->lines, (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(incomplete->notes.back(), "Skipped 3 rows with missing values: lines 3, 4, 5");
}

TEST(Encode, NumbersAreReadAsInTheTrainingDataIfTheFileLeavesItOpen) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "preis"}, {.name = "menge"}};
  p.table = {.delimiter = ";", .decimal = ",", .thousands = "."};
  EXPECT_EQ(encode("preis;menge\n950,5;1\n1.250;2\n", p), (Values{950.5f, 1, 1250, 2}));
  EXPECT_EQ(encode("preis;menge\n1.250;2\n", p), (Values{1250, 2})) << "as in training";
  EXPECT_EQ(encode("preis,menge\n1250.5,2\n", p), (Values{1250.5f, 2})) << "certainly a decimal point";
}

TEST(Encode, DecimalCommasInQuotesAreReadAsInTheTrainingData) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "x"}, {.name = "z"}};
  p.table.delimiter = p.table.decimal = ",";
  EXPECT_EQ(encode("x,z\n\"4,893\",50\n", p), (Values{4.893f, 50}));
  p.table.thousands = ".";
  EXPECT_EQ(encode("x,z\n\"5.000\",\"12\"\n", p), (Values{5000, 12}));
  p.table.delimiter = ";";  // says nothing about files separated by commas
  EXPECT_EQ(encode("x,z\n5.000,12\n", p), (Values{5, 12}));
}

TEST(Encode, WhatTheUserSetsWins) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "x"}, {.name = "z"}};
  TableFormat given;
  given.decimal = ".";
  given.thousands = ",";
  const auto numbers = encodeTable("x,z\n\"4,893\",50\n", p, "f", Labels::NotNeeded, given);
  ASSERT_TRUE(numbers.ok()) << numbers.error().text();
  EXPECT_EQ(numbers->inputs[0], (Values{4893, 50}));
  given = {};
  given.missing = {"50"};
  EXPECT_NE(encodeTable("x,z\n4,50\n", p, "f", Labels::NotNeeded, given).error().text().find("is missing"),
            std::string::npos);
}

TEST(Encode, ASignThatTheTrainingDataDidNotUseIsNoThousandsSign) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "a"}, {.name = "b"}};
  p.table = {.delimiter = ";", .decimal = ",", .thousands = "none"};
  EXPECT_EQ(encode("a;b\n5,125;2,250\n", p), (Values{5.125f, 2.25f}));
  EXPECT_EQ(encode("a;b\n5.125;2.250\n", p), (Values{5.125f, 2.25f}));
  p.table = {.delimiter = ",", .decimal = ".", .thousands = "none"};
  EXPECT_EQ(encode("a;b\n5,125;2,250\n", p), (Values{5.125f, 2.25f}));
}

TEST(Encode, UnnamedModelsTakeAHeaderOnlyWhereNumbersShowIt) {
  Preprocessing p = unnamedFields(Shape{2}, {"1", "2"});
  p.complete = true;
  EXPECT_EQ(encode("0,1,2\n0.30,2,1\n0.60,2,1\n", p), (Values{0.3f, 2, 0.6f, 2}));
  EXPECT_EQ(encode("1,2\n4,3\n6,0\n", p), (Values{1, 2, 4, 3, 6, 0})) << "three rows of whole numbers";
  p.fields = {
      {.name = "column 1", .kind = FieldKind::Category, .categories = {"blau", "rot"}},
      {.name = "column 2", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"A", "B"}}};
  EXPECT_NE(refusal("lila\nrot\n", p).find("ask.csv:1: \"lila\" is not a category"), std::string::npos);
}

TEST(Encode, NamesThatLookLikeNumbersAreAHeader) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "2019"}, {.name = "2020"}, {.name = "2021", .role = FieldRole::Target}};
  EXPECT_EQ(encode("2020,2019\n1,2\n", p), (Values{2, 1}));
}

TEST(Encode, MatchesPositionsWithoutAHeaderAndSaysSo) {
  const auto alone = encodeTable("red,1.5\n", colours(), "ask.csv");
  ASSERT_TRUE(alone.ok()) << alone.error().text();
  EXPECT_EQ(alone->inputs[0], (Values{0, 1, 1.5f}));
  ASSERT_EQ(alone->notes.size(), 1u);
  EXPECT_NE(alone->notes[0].find("colour, size"), std::string::npos) << alone->notes[0];
  EXPECT_EQ(encode("red,7,1.5,warm\n"), (Values{0, 1, 1.5f})) << "all columns of the training data";
  EXPECT_NE(refusal("red,7,1.5,hot\n").find("4 values"), std::string::npos) << "not a class of the target";
  EXPECT_NE(refusal("red,7,1.5,warm\nred,7,1.5,hot\n").find("ask.csv:2: 4 values"), std::string::npos);
  EXPECT_NE(refusal("pink,7,1.5,warm\n").find("\"pink\" is not a category"), std::string::npos);
  EXPECT_NE(refusal("red,1.5,3\n").find("ask.csv:1: 3 values, but the network needs 2"), std::string::npos);
}

TEST(Encode, AnEmptyNameIsAColumnNumberAsInTraining) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "column 1"}, {.name = "b"}};
  EXPECT_EQ(encode(",b\n1,2\n", p), (Values{1, 2}));
  EXPECT_EQ(encode(",colour,size\n0,red,1.5\n"), (Values{0, 1, 1.5f}))
      << "an index without a name is not used";
}

TEST(Encode, ARowOfKnownCategoriesIsNoHeader) {
  Preprocessing p = colours();
  p.fields.erase(p.fields.begin() + 1, p.fields.begin() + 3);  // colour and label are left
  EXPECT_EQ(encode("red\ngreen\n", p), (Values{0, 1, 1, 0}));
  EXPECT_EQ(encode("colour\nred\n", p), (Values{0, 1}));
}

TEST(Encode, RefusesWhatTheNetworkDoesNotKnow) {
  EXPECT_NE(refusal("colour,price\nred,1\n").find("there is no column \"size\""), std::string::npos);
  EXPECT_NE(refusal("colour,size,weight\nred,1,2\n").find("was not trained with a column \"weight\""),
            std::string::npos);
  EXPECT_NE(refusal("colour=green,colour=red,size\n0,1,1\n").find("there is no column \"colour\""),
            std::string::npos);
  EXPECT_NE(refusal("colour,size,size\nred,1,2\n").find("two columns are named \"size\""), std::string::npos);
  const std::string pink = refusal("colour,size\nred,1\npink,2\n");
  EXPECT_NE(pink.find("ask.csv:3: \"pink\" is not a category of column \"colour\""), std::string::npos)
      << pink;
  EXPECT_NE(pink.find("green, red"), std::string::npos) << pink;
  EXPECT_NE(refusal("colour,size\n,1\n").find("the value in column \"colour\" is missing"),
            std::string::npos);
  EXPECT_NE(refusal("colour,size\nred,NA\n").find("ask.csv:2: the value in column \"size\" is missing"),
            std::string::npos);
  EXPECT_NE(refusal("colour,size\nred,5O\n").find("\"5O\" in column \"size\" is not a number"),
            std::string::npos);
  EXPECT_NE(refusal("colour,size\nred,1e400\n").find("not a finite number"), std::string::npos);
  EXPECT_NE(refusal("colour,size\nred,1,2\n").find("3 values, but the first row has 2"), std::string::npos);
  EXPECT_NE(refusal("colour,size\n").find("no rows"), std::string::npos);
}

TEST(Encode, NumericCategoriesAreEqualHoweverWritten) {
  Preprocessing p;
  p.named = true;
  p.fields = {{.name = "grade", .kind = FieldKind::Category, .categories = {"1", "2", "none"}}};
  EXPECT_EQ(encode("grade\n2.0\nnone\n", p), (Values{0, 1, 0, 0, 0, 1}));
}

TEST(Encode, RowsOfEqualTextsAreData) {
  Preprocessing p;
  p.complete = true;
  for (const char* name : {"column 1", "column 2"})
    p.fields.push_back({.name = name, .kind = FieldKind::Category, .categories = {"no", "yes"}});
  EXPECT_EQ(encode("yes,yes\nno,no\n", p), (Values{0, 1, 0, 1, 1, 0, 1, 0}));
}

TEST(Encode, ModelsWithoutNamesMatchPositions) {
  const Preprocessing p = unnamedFields(Shape{2}, {"A", "B"});
  EXPECT_EQ(encode("1,2\n3,4\n", p), (Values{1, 2, 3, 4}));
  EXPECT_NE(refusal("7,1,2\n", p).find("3 values, but the network needs 2"), std::string::npos)
      << "the columns of the training data are unknown";
  EXPECT_NE(refusal("?,?\n1,2\n", p).find("missing"), std::string::npos) << "missing values are no header";
  const auto named = encodeTable("x,y\n1,2\n", p, "ask.csv");
  ASSERT_TRUE(named.ok()) << named.error().text();
  EXPECT_EQ(named->inputs[0], (Values{1, 2}));
  EXPECT_EQ(named->notes.size(), 1u);
}

TEST(Encode, ImagesAndTablesAreNotMixedUp) {
  const Preprocessing image = unnamedFields(Shape{2, 2, 1}, {});
  EXPECT_NE(refusal("1,2,3,4\n", image).find("needs images of 2 x 2 x 1"), std::string::npos);
  const std::uint8_t bytes[] = {0x89, 'P', 'N', 'G'};
  EXPECT_FALSE(encodeImage(bytes, colours(), "ask.png").ok());
  EXPECT_FALSE(encodeImage(bytes, image, "ask.png").ok()) << "damaged";
}

TEST(PreprocessingJson, RestoresEverything) {
  Preprocessing p = colours();
  p.fields[2].mean = {2};
  p.fields[2].scale = {0.5};
  p.table.delimiter = "\t";
  p.table.missing = {"-", "x"};
  EXPECT_EQ(p.inputs()[0].sample(), (Shape{3}));
  EXPECT_EQ(p.inputs()[0].mean(), (std::vector<double>{0, 0, 2}));
  EXPECT_EQ(p.inputs()[0].scale(), (std::vector<double>{1, 1, 0.5}));
  EXPECT_EQ(p.targets()[0]->categories, (std::vector<std::string>{"cold", "warm"}));
  for (const Preprocessing& each :
       {p, unnamedFields(Shape{4, 5, 3}, {"a", ""}), unnamedFields(Shape{2}, {})}) {
    const auto again = preprocessingFromJson(toJson(each), "model");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(*again, each);
  }
}

TEST(PreprocessingJson, RefusesDamage) {
  const char* const kDamaged[] = {
      "",
      "[]",
      "{\"fields\":[]}",
      R"({"fields":[{"name":"x"}],"more":1})",
      R"({"fields":[{"name":"x","kind":"category"}]})",
      R"({"fields":[{"name":"x","categories":["a"]}]})",
      R"({"fields":[{"name":"x","kind":"image"}]})",
      R"({"fields":[{"name":"x","kind":"image","image":[2,2]}]})",
      R"({"fields":[{"name":"x","kind":"image","image":[2,0,1]}]})",
      R"({"fields":[{"name":"x","kind":"image","image":[2,2,3],"mean":[1]}]})",
      R"({"fields":[{"name":"x","mean":[1,2]}]})",
      R"({"fields":[{"name":"x","scale":[1e300]}]})",
      R"({"fields":[{"name":"x","scale":[null]}]})",
      R"({"fields":[{"name":"x","mean":[1]}]})",
      R"({"fields":[{"name":"x","mean":[1],"scale":[0]}]})",
      R"({"fields":[{"name":"x","mean":[1],"scale":[1e-310]}]})",
      R"({"named":true,"fields":[{"name":""}]})",
      R"({"named":true,"fields":[{"name":"x"},{"name":"x"}]})",
      R"({"fields":[{"name":"y","role":"target"}]})",
      R"({"fields":[{"name":"y","kind":"image","image":[1,1,1]},{"name":"y","kind":"image","image":[1,1,1]}]})",
      R"({"fields":[{"name":"x"},{"name":"y","role":"target"},{"name":"y","role":"target"}]})"};
  for (const char* text : kDamaged) {
    const auto result = preprocessingFromJson(text, "model.h5");
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().where, "model.h5") << text;
  }
}

}  // namespace
}  // namespace tandem
