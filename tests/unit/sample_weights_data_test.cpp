// Sample weights in a table: how they are read, stored with a model, and left out of new data.
#include <gtest/gtest.h>

#include "core/data/column_use.h"
#include "core/data/encode.h"
#include "core/data/fingerprint.h"
#include "core/data/table_preview.h"
#include "core/network/preprocessing_json.h"
#include "core/network/project.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

DataSpec weighted(const char* column = "w") {
  DataSpec spec = table();
  spec.sampleWeights = column;
  return spec;
}

std::shared_ptr<const Dataset> loadFile(std::string_view text, DataSpec spec) {
  const testing::TempFolder folder;
  spec.path = folder.write("f.csv", text);
  const auto data = loadDataset(spec);
  EXPECT_TRUE(data.ok()) << data.error().text();
  return data.ok() ? *data : nullptr;
}

std::string loadRefusal(std::string_view text, DataSpec spec) {
  const testing::TempFolder folder;
  spec.path = folder.write("f.csv", text);
  const auto data = loadDataset(spec);
  EXPECT_FALSE(data.ok());
  return data.ok() ? "" : data.error().message;
}

TEST(SampleWeights, OfDataThatIsNoTableAreRefused) {
  DataSpec spec;
  spec.kind = DataKind::Generated;
  spec.sampleWeights = "w";
  const std::string message = "the data is no table, so there is no column \"w\" of sample weights";
  const auto data = loadDataset(spec);
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().message, message);
  const auto info = probeDataset(spec);
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(info.error().message, message);
}

TEST(SampleWeights, AreAColumnThatIsNoFeature) {
  const Dataset data = load("w,x,kind\n1,5,a\n0,6,b\n2.5,7,a\n", weighted());
  ASSERT_TRUE(data.info.weights.has_value());
  EXPECT_EQ(data.info.weights->name, "w");
  EXPECT_EQ(data.weights.floats, (Values{1, 0, 2.5f}));
  EXPECT_EQ(data.inputs[0].floats, (Values{5, 6, 7}));
  EXPECT_EQ(data.info.inputs[0].sample, Shape{1});
  EXPECT_EQ(data.info.featureNames(), Texts{"x"});
  EXPECT_EQ(data.info.fields[0].role, FieldRole::Weight);
  EXPECT_EQ(data.info.fields[0].kind, FieldKind::Number);
  EXPECT_TRUE(mentions(data, "Column \"w\" weights the samples in the training loss"));
  // The last tensor, which no head can be trained for.
  EXPECT_EQ(data.info.tensors(), 3u);
  EXPECT_EQ(data.info.tensor(2).name, "w");
  EXPECT_EQ(data.info.tensor(2).type(4), (TensorType{DType::F32, Shape{4}}));
  EXPECT_FALSE(data.info.find("w").has_value());
  // Without the setting it is a feature.
  const Dataset plain = load("w,x,kind\n1,5,a\n0,6,b\n", table());
  EXPECT_FALSE(plain.info.weights.has_value());
  EXPECT_EQ(plain.info.inputs[0].sample, Shape{2});
}

TEST(SampleWeights, InTheLastColumnLeaveTheTargetBeforeIt) {
  const Dataset data = load("x,kind,w\n5,a,1\n6,b,3\n", weighted());
  EXPECT_EQ(data.info.targets[0].name, "kind");
  EXPECT_EQ(data.weights.floats, (Values{1, 3}));
  EXPECT_EQ(data.inputs[0].floats, (Values{5, 6}));
}

TEST(SampleWeights, WithSeveralNumericTargetsAndCategories) {
  DataSpec spec = weighted();
  spec.targets = {"a", "b"};
  spec.numbers = {"a", "b"};
  const Dataset data = load("a,w,colour,b,x\n1,2,red,10,7\n3,4,blue,30,8\n5,6,red,50,9\n", spec);
  EXPECT_EQ(data.targets[0].floats, (Values{1, 3, 5}));
  EXPECT_EQ(data.targets[1].floats, (Values{10, 30, 50}));
  EXPECT_EQ(data.weights.floats, (Values{2, 4, 6}));
  EXPECT_EQ(data.inputs[0].floats, (Values{0, 1, 7, 1, 0, 8, 0, 1, 9}));
}

// Long tables are read in parts, as their start suggests, while the rest is still counted.
TEST(SampleWeights, OfALongTable) {
  std::string text = "x,w,kind\n";
  for (int i = 0; i < 200'000; ++i)
    text += std::to_string(i % 977) + ".5," + std::to_string(i % 7) + (i % 2 == 0 ? ",a\n" : ",b\n");
  const Dataset data = load(text, weighted());
  ASSERT_EQ(data.weights.floats.size(), 200'000u);
  for (std::size_t i = 0; i < 200'000; i += 1013) {
    EXPECT_EQ(data.weights.floats[i], static_cast<float>(i % 7));
    EXPECT_EQ(data.inputs[0].floats[i], static_cast<float>(i % 977) + 0.5f);
  }
  const std::string refused = refusal(text + "1.5,-1,a\n", weighted());
  EXPECT_NE(refused.find("f.csv:200002: the sample weight -1 in column \"w\""), refused.npos) << refused;
}

TEST(SampleWeights, ThatAreMissingSkipTheRow) {
  const Dataset data = load("x,w,kind\n5,1,a\n6,,b\n7,2,a\n8,4,b\n", weighted());
  EXPECT_EQ(data.weights.floats, (Values{1, 2, 4}));
  EXPECT_EQ(data.inputs[0].floats, (Values{5, 7, 8}));
  EXPECT_TRUE(mentions(data, "Skipped 1 row"));
}

TEST(SampleWeights, RefuseWhatIsNoWeight) {
  const auto expect = [](std::string_view text, const DataSpec& spec, std::string_view message) {
    const std::string refused = refusal(text, spec);
    EXPECT_NE(refused.find(message), refused.npos) << refused;
  };
  expect("x,w,kind\n5,1,a\n6,-0.5,b\n", weighted(),
         "f.csv:3: the sample weight -0.5 in column \"w\" is negative");
  expect("x,w,kind\n5,1,a\n6,much,b\n", weighted(), "f.csv:3: \"much\" in column \"w\" is not a number");
  expect("x,w,kind\n5,1,a\n6,inf,b\n", weighted(), "column \"w\"");
  expect("x,w,kind\n5,1,a\n6,2,b\n", weighted("v"), "there is no column \"v\"");
  expect("x,w,kind\n5,1,a\n6,2,b\n", weighted("kind"), "\"a\" in column \"kind\" is not a number");
  DataSpec spec = weighted();
  spec.targets = {"w"};
  expect("x,w,kind\n5,1,a\n6,2,b\n", spec, "column \"w\" is both the sample weights and a target");
  spec = weighted();
  spec.ignore = {"w"};
  expect("x,w,kind\n5,1,a\n6,2,b\n", spec, "column \"w\" is both the sample weights and ignored");
  spec = weighted();
  spec.categories = {"w"};
  expect("x,w,kind\n5,1,a\n6,2,b\n", spec, "column \"w\" is set to both a number and a category");
  expect("w,kind\n1,a\n2,b\n", weighted(), "no feature columns are left");
}

TEST(SampleWeights, AreDividedByTheirMeanInTheTrainingSet) {
  std::string text = "x,w,kind\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i) + "," + std::to_string(1000 + 10 * i) + (i % 2 == 0 ? ",a\n" : ",b\n");
  const auto data = loadFile(text, weighted());
  ASSERT_NE(data, nullptr);
  double sum = 0;
  for (const std::int64_t i : data->part(SplitPart::Train))
    sum += static_cast<double>(data->weights.floats[static_cast<std::size_t>(i)]);
  EXPECT_NEAR(sum / static_cast<double>(data->part(SplitPart::Train).size()), 1, 1e-6);
  EXPECT_NEAR(static_cast<double>(data->weights.floats[39] / data->weights.floats[0]), 1.39, 1e-6);
  // They are gathered like any tensor.
  Values gathered(2);
  const std::int64_t rows[] = {39, 0};
  data->gather(data->info.tensors() - 1, rows, gathered.data());
  EXPECT_EQ(gathered, (Values{data->weights.floats[39], data->weights.floats[0]}));
  // Their description has neither a mean nor a scale, since new data does not have them.
  const Preprocessing described = preprocessingOf(*data);
  EXPECT_EQ(described.fields[1].role, FieldRole::Weight);
  EXPECT_TRUE(described.fields[1].mean.empty() && described.fields[1].scale.empty());
  EXPECT_EQ(described.inputs().size(), 1u);
}

TEST(SampleWeights, OfEnormousSizeAreProportions) {
  DataSpec spec = weighted();
  spec.validationFraction = spec.testFraction = 0;
  const auto data = loadFile("x,w,kind\n1,3e38,a\n2,1e38,b\n3,2e38,a\n", spec);
  ASSERT_NE(data, nullptr);
  ASSERT_EQ(data->weights.floats.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(data->weights.floats[i], (Values{1.5f, 0.5f, 1})[i]);
  const auto small = loadFile("x,w,kind\n1,3e-37,a\n2,0,b\n3,0,a\n", spec);
  ASSERT_NE(small, nullptr);
  EXPECT_EQ(small->weights.floats, (Values{3, 0, 0}));
}

TEST(SampleWeights, AreNotAllZero) {
  EXPECT_EQ(loadRefusal("x,w,kind\n1,0,a\n2,0,b\n3,0,a\n4,0,b\n", weighted()),
            "no training sample has a weight above 0 in column \"w\"");
}

TEST(SampleWeights, BelongToTheFingerprint) {
  const std::string text = "x,w,kind\n1,1,a\n2,2,b\n3,1,a\n4,1,b\n",
                    other = "x,w,kind\n1,2,a\n2,1,b\n3,1,a\n4,1,b\n";
  DataSpec spec = weighted();
  spec.validationFraction = spec.testFraction = 0;
  EXPECT_NE(fingerprint(*loadFile(text, spec)), fingerprint(*loadFile(other, spec)));
  EXPECT_EQ(fingerprint(*loadFile(text, spec)), fingerprint(*loadFile(text, spec)));
}

TEST(SampleWeights, AreShownInThePreview) {
  const testing::TempFolder folder;
  DataSpec spec = weighted();
  spec.path = folder.write("f.csv", "x,w,kind\n1,1,a\n2,,b\n3,1,b\n");
  TablePreview shown;
  ASSERT_TRUE(probeDataset(spec, &shown).ok());
  EXPECT_EQ(shown.columns[1].role, FieldRole::Weight);
  EXPECT_EQ(shown.rows[1].states[1], TablePreview::CellState::Missing);
}

TEST(SampleWeights, AreOneUseOfAColumn) {
  const Texts names{"a", "b", "c", "d"};
  DataSpec spec = table();
  spec.numbers = {"a"};
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::SampleWeights).ok());
  EXPECT_EQ(spec.sampleWeights, "a");
  EXPECT_TRUE(spec.numbers.empty());
  EXPECT_EQ(spec.targets, Texts{"d"}) << "the target remains the same when the weights move";
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::SampleWeights);
  // There is one such column.
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::SampleWeights).ok());
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::Automatic);
  EXPECT_EQ(useOf(spec, names, 1), ColumnUse::SampleWeights);
  ASSERT_TRUE(setUse(spec, names, 1, ColumnUse::Ignored).ok());
  EXPECT_EQ(spec.sampleWeights, "");
  EXPECT_FALSE(setUse(spec, names, 3, ColumnUse::SampleWeights).ok()) << "the target";
  ASSERT_TRUE(setUse(spec, names, 2, ColumnUse::SampleWeights).ok());
  ASSERT_TRUE(setUse(spec, names, 2, ColumnUse::TargetNumber).ok());
  EXPECT_EQ(spec.sampleWeights, "");
  EXPECT_EQ(spec.targets, Texts{"c"});
  // Of the last column, as a command line sets them.
  spec = weighted("d");
  EXPECT_TRUE(isTarget(spec, names, 2));
  EXPECT_FALSE(isTarget(spec, names, 3));
  ASSERT_TRUE(setUse(spec, names, 3, ColumnUse::Number).ok());
  EXPECT_EQ(spec.sampleWeights, "");
  EXPECT_EQ(spec.targets, Texts{"c"});
  EXPECT_EQ(useOf(spec, names, 3), ColumnUse::Number);
  spec = weighted("b");
  addTarget(spec, names, 1, false);
  EXPECT_EQ(spec.sampleWeights, "");
  EXPECT_EQ(spec.targets, (Texts{"d", "b"}));
}

TEST(SampleWeights, AreAMemberOfTheProjectFile) {
  Project project = *projectFromTemplate("Two moons");
  EXPECT_EQ(toJson(project).find("sample_weights"), std::string::npos) << "other files stay as they were";
  project.data = weighted("how \"much\"");
  const auto again = projectFromJson(toJson(project), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->data, project.data);
}

// x, the weights, an ignored column, the target.
Preprocessing described() {
  Preprocessing p;
  p.named = p.complete = true;
  p.fields = {
      {.name = "x"},
      {.name = "w", .role = FieldRole::Weight},
      {.name = "id", .role = FieldRole::Ignored},
      {.name = "kind", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"a", "b"}}};
  return p;
}

TEST(SampleWeights, AreDescribedInCheckpoints) {
  const auto again = preprocessingFromJson(toJson(described()), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, described());
  Preprocessing twice = described();
  twice.fields[2].role = FieldRole::Weight;
  EXPECT_FALSE(preprocessingFromJson(toJson(twice), "x").ok());
}

TEST(SampleWeights, AreNeverAskedOfNewData) {
  for (const char* text : {"x\n5\n6\n", "x,w\n5,1\n6,\n", "w,x\nmuch,5\n-1,6\n", "5\n6\n",
                           "5,1,7,a\n6,,8,b\n", "5,7,a\n6,8,b\n"}) {
    const auto samples = encodeTable(text, described(), "ask.csv");
    ASSERT_TRUE(samples.ok()) << text << ": " << samples.error().text();
    EXPECT_EQ(samples->inputs[0], (Values{5, 6})) << text;
  }
  for (const char* text :
       {"x,kind\n5,a\n6,b\n", "kind,w,x\na,,5\nb,1,6\n", "5,1,7,a\n6,,8,b\n", "5,7,a\n6,8,b\n"}) {
    const auto samples = encodeTable(text, described(), "ask.csv", Labels::Needed);
    ASSERT_TRUE(samples.ok()) << text << ": " << samples.error().text();
    EXPECT_EQ(samples->inputs[0], (Values{5, 6})) << text;
    EXPECT_EQ(samples->targets[0].classOf, (std::vector<std::int32_t>{0, 1})) << text;
  }
}

}  // namespace
}  // namespace tandem
