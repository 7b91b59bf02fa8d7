// Resuming with other data: what its numbers mean must not change.
#include "core/train/resume_data.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/data/fingerprint.h"
#include "core/train/checkpoint.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

// A trained table "a,b,label" and another one to continue with.
struct Tables {
  TemporaryFolder folder;

  DataSpec table(const std::string& header, double shift, double factor, const std::string& yes,
                 int rows = 60) const {
    const auto file = folder / "t.csv";
    std::ofstream out(file);
    out << header << '\n';
    for (int i = 0; i < rows; ++i)
      out << shift + factor * (i * 7 % 13) << ',' << i * 5 % 11 << ',' << (i % 2 ? yes : "no") << '\n';
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.path = file.string();
    return spec;
  }
  Result<ResumeData> resume(const DataSpec& before, const std::function<DataSpec()>& after) const {
    const auto first = *loadDataset(before);
    const auto second = *loadDataset(after());
    return dataForResume(preprocessingOf(*first), fingerprint(*first), second, fingerprint(*second), "c.h5");
  }
  std::string refusal(const std::function<DataSpec()>& after) const {
    const auto result = resume(table("a,b,label", 0, 1, "yes"), after);
    return result.ok() ? "" : result.error().text();
  }
};

TEST(ResumeData, TheSameDataIsAcceptedAsItIs) {
  const Tables t;
  const auto same = [&] { return t.table("a,b,label", 0, 1, "yes"); };
  const auto result = t.resume(same(), same);
  ASSERT_TRUE(result.ok()) << result.error().text();
  EXPECT_TRUE(result->notes.empty());
}

TEST(ResumeData, OtherRowsAreNotedAndNormalizedAsBefore) {
  const Tables t;
  const auto before = *loadDataset(t.table("a,b,label", 0, 1, "yes"));
  const auto result =
      t.resume(t.table("a,b,label", 0, 1, "yes"), [&] { return t.table("a,b,label", 0.5, 1.1, "yes", 80); });
  ASSERT_TRUE(result.ok()) << result.error().text();
  ASSERT_EQ(result->notes.size(), 2u);
  EXPECT_NE(result->notes[0].find("samples are not those"), std::string::npos);
  EXPECT_NE(result->notes[1].find("mean and scale of the checkpoint"), std::string::npos);
  EXPECT_EQ(result->data->inputs[0].mean, before->inputs[0].mean);
  EXPECT_EQ(result->data->inputs[0].scale, before->inputs[0].scale);
}

TEST(ResumeData, ADifferenceInMeaningIsRefusedByName) {
  const Tables t;
  EXPECT_NE(
      t.refusal([&] { return t.table("b,a,label", 0, 1, "yes"); }).find("feature 1 is 'b', but was 'a'"),
      std::string::npos);
  EXPECT_NE(
      t.refusal([&] { return t.table("a,b,label", 0, 1, "maybe"); }).find("class 1 is 'maybe', but was"),
      std::string::npos)
      << t.refusal([&] { return t.table("a,b,label", 0, 1, "maybe"); });
  for (const auto& units : {std::pair{0.0, 100.0}, {1000.0, 1.0}, {0.0, 0.01}}) {
    const std::string text =
        t.refusal([&] { return t.table("a,b,label", units.first, units.second, "yes"); });
    EXPECT_NE(text.find("c.h5: this is not the data that the model was trained on: 'a' has the mean"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("same units"), std::string::npos) << text;
  }
}

TEST(ResumeData, CategoriesShapesAndClassCountsAreCompared) {
  Dataset data;
  data.info.inputs[0].sample = Shape{2};
  data.info.named = true;
  data.info.fields = {
      {.name = "colour", .kind = FieldKind::Category, .categories = {"red", "green"}},
      {.name = "kind", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"x", "y"}}};
  data.inputs[0].mean = {0, 0};
  data.inputs[0].scale = {1, 1};
  const auto shared = std::make_shared<Dataset>(data);
  const auto textFor = [&](const std::function<void(Preprocessing&)>& change) {
    Preprocessing described = preprocessingOf(*shared);
    change(described);
    const auto result = dataForResume(described, {}, shared, "1", "c.h5");
    return result.ok() ? std::string() : result.error().text();
  };
  EXPECT_EQ(textFor([](Preprocessing&) {}), "");
  EXPECT_NE(textFor([](Preprocessing& p) {
              p.fields[0].categories = {"red", "blue"};
            }).find("category of 'colour' number 2 is 'green', but was 'blue'"),
            std::string::npos);
  EXPECT_NE(textFor([](Preprocessing& p) {
              p.fields[1].categories.push_back("z");
            }).find("there are 2 classes, but there were 3; 'z' is missing"),
            std::string::npos);
  const auto image = [](Preprocessing& p) {
    p.fields[0] = {.name = "image", .kind = FieldKind::Image, .image = Shape{8, 8, 1}};
  };
  EXPECT_NE(textFor(image).find("a sample has the shape 2, but had 8 x 8 x 1"), std::string::npos)
      << textFor(image);
}

// From end to end: the trainer refuses, and a resumed run stores the normalization of the first.
TEST(ResumeData, TheTrainerComparesAndKeepsTheDescription) {
  TrainerBench b;
  b.project.training.epochs = 1;
  const TrainResult first = b.train();
  TrainerBench other;
  other.project.training.epochs = 2;
  other.resumeFrom = first.weights;
  auto created = Trainer::create({other.project,
                                  [&] {
                                    auto data = std::make_shared<Dataset>(*other.data());
                                    data->inputs[0].mean[0] += 0.01f;
                                    return data;
                                  }(),
                                  &other.fake,
                                  other.runFolder,
                                  first.weights,
                                  {&other.listener}});
  ASSERT_TRUE(created.ok()) << created.error().text();
  (*created)->start();
  EXPECT_EQ(loadCheckpoint((*created)->join().weights)->preprocessing,
            loadCheckpoint(first.weights)->preprocessing);
}

}  // namespace
}  // namespace tandem
