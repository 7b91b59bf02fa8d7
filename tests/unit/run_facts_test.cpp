// The settings of a run that can make it differ from another one.
#include "core/runs/run_facts.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tandem {
namespace {

std::set<std::string> labelsOf(const DataSpec& data) {
  Project project;
  project.data = data;
  std::set<std::string> labels;
  for (const RunFacts& group : factsOf(RecordedRun{}, project))
    for (const auto& fact : group.facts) labels.insert(fact.label);
  return labels;
}

TEST(RunFacts, OmitSettingsThatTheDataDoesNotHave) {
  DataSpec data;
  data.series.steps = 5;
  data.text.vocabulary = 50;
  const auto has = [&](const char* label) { return labelsOf(data).contains(label); };
  data.kind = DataKind::Idx;
  EXPECT_FALSE(has("series: steps"));
  EXPECT_FALSE(has("text: vocabulary"));
  data.kind = DataKind::TextFile;
  EXPECT_FALSE(has("series: steps"));
  EXPECT_TRUE(has("text: vocabulary"));
  data.kind = DataKind::Csv;
  EXPECT_TRUE(has("series: steps"));
  EXPECT_FALSE(has("text: vocabulary"));
  data.texts = {"review"};
  EXPECT_TRUE(has("texts"));
  EXPECT_TRUE(has("text: vocabulary"));
  data.kind = DataKind::Numpy;
  EXPECT_FALSE(has("texts"));
  EXPECT_FALSE(has("text: vocabulary"));
  data.kind = DataKind::Generated;
  EXPECT_FALSE(has("series: steps"));
  data.generator = "series";
  EXPECT_TRUE(has("series: steps"));
  data.generator = "sentences";
  EXPECT_TRUE(has("text: vocabulary"));
}

}  // namespace
}  // namespace tandem
