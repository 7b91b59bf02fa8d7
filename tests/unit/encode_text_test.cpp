// New texts for a trained model, and its description in files.
#include <gtest/gtest.h>

#include "core/data/encode.h"
#include "core/data/tokenizer.h"
#include "core/network/preprocessing_json.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Values = std::vector<float>;
using Lengths = std::vector<std::int32_t>;

const std::vector<std::string> kWords{"<padding>", "<unknown>", "good", "not", "bad"};

// A column of texts between two numbers, of a table.
Preprocessing reviews() {
  Preprocessing p;
  p.named = p.complete = true;
  p.table.delimiter = ",";
  p.fields = {
      {.name = "size"},
      {.name = "review", .kind = FieldKind::Text, .categories = kWords, .text = {.steps = 3}},
      {.name = "weight"},
      {.name = "label", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"no", "yes"}}};
  return p;
}

// Text files.
Preprocessing files(std::int64_t stride = 0) {
  Preprocessing p;
  p.named = true;
  p.fields = {
      {.name = "text", .kind = FieldKind::Text, .categories = kWords, .text = {.steps = 3, .stride = stride}},
      {.name = "class",
       .role = FieldRole::Target,
       .kind = FieldKind::Category,
       .categories = {"neg", "pos"}}};
  return p;
}

std::string refusal(std::string_view text, const Preprocessing& p) {
  const auto result = encodeTable(text, p, "ask.csv");
  EXPECT_FALSE(result.ok()) << text;
  return result.ok() ? "" : result.error().text();
}

TEST(EncodeText, OfATableBesideNumbers) {
  const auto asked =
      encodeTable("weight,review,size\n1,Not good,10\n2,\"bad, bad and more\",20\n", reviews(), "ask.csv");
  ASSERT_TRUE(asked.ok()) << asked.error().text();
  EXPECT_EQ(asked->rows, 2);
  ASSERT_EQ(asked->inputs.size(), 2u);
  EXPECT_EQ(asked->inputs[0], (Values{10, 1, 20, 2}));
  EXPECT_EQ(asked->inputs[1], (Values{3, 2, 0, 4, 1, 4}));
  ASSERT_EQ(asked->lengths.size(), 2u);
  EXPECT_TRUE(asked->lengths[0].empty());
  EXPECT_EQ(asked->lengths[1], (Lengths{2, 3}));
  EXPECT_EQ(asked->notes.size(), 2u) << "unknown, and cut";
  EXPECT_EQ(asked->notes[0], "20.0% of the words in \"review\" are unknown to the network");
  EXPECT_EQ(asked->notes[1],
            "1 of 2 texts in \"review\" are cut at the end, because they have more than 3 words");
  EXPECT_NE(refusal("weight,size\n1,2\n", reviews()).find("there is no column \"review\""),
            std::string::npos);
  EXPECT_NE(
      refusal("weight,review,size\n1,,2\n", reviews()).find("the value in column \"review\" is missing"),
      std::string::npos);
}

TEST(EncodeText, OfATableWithoutAHeader) {
  Preprocessing p = files();
  p.table.delimiter = ",";
  const auto asked = encodeTable("good\nnot\n", p, "ask.csv");
  ASSERT_TRUE(asked.ok()) << asked.error().text();
  EXPECT_EQ(asked->inputs[0], (Values{2, 0, 0, 3, 0, 0})) << "the first row is a text, too";
}

TEST(EncodeText, OfFilesAndOfTheCommandLine) {
  const TempFolder folder;
  const auto file = encodeFile(folder.write("a.txt", "Not, GOOD"), files());
  ASSERT_TRUE(file.ok()) << file.error().text();
  EXPECT_EQ(file->inputs[0], (Values{3, 1, 2}));
  EXPECT_EQ(file->lengths[0], Lengths{3});
  EXPECT_TRUE(file->lines.empty());
  const auto line = encodeText("bad", files(), "--text");
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->inputs[0], (Values{4, 0, 0}));
  EXPECT_EQ(line->lengths[0], Lengths{1});
  const auto empty = encodeText(" ", files(), "--text");
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->inputs[0], (Values{1, 0, 0})) << "one unknown token";
  EXPECT_EQ(encodeFile(folder.write("t.csv", "text\nbad\ngood\n"), files())->rows, 2);
  EXPECT_NE(encodeText("\xff", files(), "--text").error().text().find("not UTF-8 at byte 1"),
            std::string::npos);
  const auto nothing = encodeText("", files(), "--text");
  ASSERT_TRUE(nothing.ok()) << nothing.error().text();
  EXPECT_TRUE(nothing->notes.empty()) << "no words are not unknown words";
  EXPECT_NE(encodeText("bad", reviews(), "--text").error().text().find("further inputs"), std::string::npos);
  EXPECT_NE(encodeFile(folder.file("a.txt"), files(), Labels::Needed).error().text().find("no labels"),
            std::string::npos);
  EXPECT_NE(encodeFile(folder.write("e.txt", ""), files()).error().text().find("the file is empty"),
            std::string::npos);
  EXPECT_NE(encodeFile(folder.write("b.txt", std::string("a\0b", 3)), files())
                .error()
                .text()
                .find("not a text file"),
            std::string::npos);
}

TEST(EncodeText, AWindowIsTheEndOfTheText) {
  const auto window = encodeText("bad not good bad", files(3), "t");
  ASSERT_TRUE(window.ok()) << window.error().text();
  EXPECT_EQ(window->inputs[0], (Values{3, 2, 4}));
  EXPECT_TRUE(window->lengths.empty()) << "all windows have the same length";
  EXPECT_NE(encodeText("not good", files(3), "t")
                .error()
                .text()
                .find("the text has 2 words, but the network continues texts of at least 3"),
            std::string::npos);
  EXPECT_NE(refusal("text\ngood\n", files(3)).find("the network continues a text"), std::string::npos);
}

TEST(EncodeText, TheDescriptionSurvivesTheRoundTrip) {
  Preprocessing next = files(3);
  next.fields[1] = {.name = "next",
                    .role = FieldRole::Target,
                    .kind = FieldKind::Category,
                    .categories = kWords,
                    .image = Shape{3}};
  for (const Preprocessing& each : {reviews(), files(), next}) {
    const auto again = preprocessingFromJson(toJson(each), "model");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(*again, each);
  }
  EXPECT_EQ(toJson(files()).find("\"image\""), std::string::npos);
  Preprocessing numbers;
  numbers.fields = {{.name = "x"}, {.name = "y", .role = FieldRole::Target}};
  EXPECT_EQ(toJson(numbers).find("\"text\""), std::string::npos) << "as before there were texts";
}

TEST(EncodeText, DamagedDescriptionsAreRefused) {
  const auto damaged = [](const auto& change) {
    Preprocessing p = reviews();
    change(p.fields[1]);
    const auto result = preprocessingFromJson(toJson(p), "model");
    return result.ok() ? std::string("none") : result.error().text();
  };
  EXPECT_EQ(damaged([](Field&) {}), "none");
  EXPECT_NE(damaged([](Field& f) { f.categories.clear(); }).find("categories must be listed"),
            std::string::npos);
  EXPECT_NE(damaged([](Field& f) { f.categories[0] = "a"; }).find("the vocabulary"), std::string::npos);
  EXPECT_NE(damaged([](Field& f) { f.text.steps = 0; }).find("number of steps"), std::string::npos);
  EXPECT_NE(damaged([](Field& f) { f.mean = f.scale = {1}; }).find("the vocabulary"), std::string::npos);
  EXPECT_NE(damaged([](Field& f) { f.role = FieldRole::Target; }).find("must be a feature"),
            std::string::npos);
  EXPECT_NE(damaged([](Field& f) { f.name = "table"; }).find("has the name of the table"), std::string::npos);
}

}  // namespace
}  // namespace tandem
