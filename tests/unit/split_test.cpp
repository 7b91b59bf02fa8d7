// The split of a dataset: shares, stratification and warnings.
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "core/data/reader.h"
#include "core/network/project.h"

namespace tandem {
namespace {

// Samples of classes with these sizes, in order.
RawData samplesOf(const std::vector<int>& sizes) {
  RawData raw;
  raw.data.info.inputs[0].sample = Shape{1};
  raw.data.info.targets[0].classes = static_cast<int>(sizes.size());
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    raw.data.info.targets[0].classNames.push_back(std::string(1, static_cast<char>('a' + c)));
    raw.data.targets[0].classOf.insert(raw.data.targets[0].classOf.end(), static_cast<std::size_t>(sizes[c]),
                                       static_cast<std::int32_t>(c));
  }
  raw.data.inputs[0].floats.resize(raw.data.targets[0].classOf.size());
  return raw;
}

std::vector<int> countsOf(const Dataset& data, SplitPart part) {
  std::vector<int> counts(static_cast<std::size_t>(data.info.targets[0].classes));
  for (const std::int64_t i : data.part(part))
    ++counts[static_cast<std::size_t>(data.targets[0].classOf[static_cast<std::size_t>(i)])];
  return counts;
}

TEST(Split, IsStratifiedByDefault) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RawData raw = samplesOf({100, 50, 10, 3, 2, 1});
    DataSpec spec;
    spec.splitSeed = seed;
    ASSERT_TRUE(splitDataset(raw, spec).ok());
    EXPECT_EQ(countsOf(raw.data, SplitPart::Test), (std::vector<int>{20, 10, 2, 1, 0, 0}));
    EXPECT_EQ(countsOf(raw.data, SplitPart::Validation), (std::vector<int>{8, 4, 1, 0, 0, 0}));
    EXPECT_EQ(countsOf(raw.data, SplitPart::Train), (std::vector<int>{72, 36, 7, 2, 2, 1}));
    EXPECT_TRUE(raw.data.info.notes.empty());
    std::set<std::int64_t> all;
    for (const auto& part : raw.data.parts) all.insert(part.begin(), part.end());
    EXPECT_EQ(all.size(), 166u);
  }
}

TEST(Split, DependsOnTheSeedWithinEachClass) {
  std::set<std::vector<std::int64_t>> tests;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RawData raw = samplesOf({40, 40});
    DataSpec spec;
    spec.splitSeed = seed;
    ASSERT_TRUE(splitDataset(raw, spec).ok());
    tests.insert(raw.data.part(SplitPart::Test));
  }
  EXPECT_GE(tests.size(), 19u);
}

// Even the largest fractions leave every class a training sample.
TEST(Split, EveryClassHasATrainingSample) {
  RawData raw = samplesOf({1, 2, 3, 4, 20});
  DataSpec spec;
  spec.testFraction = spec.validationFraction = 0.9;
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  for (const int count : countsOf(raw.data, SplitPart::Train)) EXPECT_GE(count, 1);
}

// The split of projects from before there was stratification: these samples are fixed.
TEST(Split, WithoutStratificationTheSplitIsAsBefore) {
  RawData raw = samplesOf({10, 6, 4});
  DataSpec spec;
  spec.stratify = false;
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  EXPECT_EQ(raw.data.part(SplitPart::Test), (std::vector<std::int64_t>{1, 4, 10, 16}));
  EXPECT_EQ(raw.data.part(SplitPart::Validation), (std::vector<std::int64_t>{5, 13}));
}

TEST(Split, ClassesWithoutTrainingSamplesAreWarnings) {
  RawData raw = samplesOf({3, 0, 0});
  raw.data.targets[0].classOf.insert(raw.data.targets[0].classOf.end(), {2, 2});
  raw.data.inputs[0].floats.resize(5);
  raw.ownTest = 2;
  DataSpec spec;
  spec.stratify = false;
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  EXPECT_EQ(
      raw.data.info.notes,
      (std::vector<std::string>{"Warning: class b has no samples",
                                "Warning: class c has no training samples; stratify the split (\"stratify\": "
                                "true in the project's data) so that each class has some"}));
}

// Tandem writes every setting, so a file with a seed and a generator but without "stratify" is an old one.
TEST(Split, ProjectsWrittenBeforeStratificationKeepTheirSplit) {
  const auto stratified = [](const std::string& data) {
    const auto project = projectFromJson(R"({"tandem": 1, "layers": [], "data": )" + data + "}", "f");
    return project.ok() && project->data.stratify;
  };
  EXPECT_TRUE(stratified(R"({"kind": "csv", "path": "t.csv", "split_seed": 3})"));
  EXPECT_FALSE(stratified(R"({"kind": "csv", "generator": "spirals", "split_seed": 3})"));
  EXPECT_TRUE(stratified(R"({"kind": "csv", "generator": "spirals", "split_seed": 3, "stratify": true})"));
  Project project;
  EXPECT_TRUE(projectFromJson(toJson(project), "f")->data.stratify);
  project.data.stratify = false;
  EXPECT_FALSE(projectFromJson(toJson(project), "f")->data.stratify);
}

}  // namespace
}  // namespace tandem
