// Projects proposed for data of the user.
#include "core/network/propose.h"

#include <gtest/gtest.h>

#include "tests/unit/data_files.h"

namespace tandem {
namespace {

DataSpec tableOf(const testing::TempFolder& folder, int classes) {
  std::string text = "a,b,kind\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i) + "," + std::to_string(i * i) + ",k" + std::to_string(i % classes) + "\n";
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path = folder.write("own.csv", text);
  return spec;
}

TEST(Propose, SummarizesWhatTheProjectDoes) {
  const testing::TempFolder folder;
  const auto classes = proposeProject(tableOf(folder, 3));
  ASSERT_TRUE(classes.ok()) << classes.error().text();
  EXPECT_EQ(summaryOf(*classes), "2 inputs, 3 classes (\"kind\"): softmax cross-entropy and accuracy");
  DataSpec numbers = tableOf(folder, 3);
  numbers.targets = {"b"};
  const auto regression = proposeProject(numbers);
  ASSERT_TRUE(regression.ok()) << regression.error().text();
  EXPECT_EQ(summaryOf(*regression),
            "4 inputs, a number to predict (\"b\"): mean squared error, MAE and RMSE");
}

TEST(Propose, ATargetOfWindowsThatDoesNotVaryIsANumber) {
  const testing::TempFolder folder;
  std::string text = "sensor,level\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i % 7) + ",5\n";
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path = folder.write("series.csv", text);
  spec.series.steps = 4;
  const auto proposal = proposeProject(spec);
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  EXPECT_EQ(proposal->data.targets[0].classes, 0);
  EXPECT_FALSE(proposal->project.data.classification);
}

TEST(Propose, CanBeCancelledWheneverItReports) {
  const testing::TempFolder folder;
  const DataSpec spec = tableOf(folder, 3);
  int reports = 0;
  ASSERT_TRUE(proposeProject(spec, [&](double) {
                ++reports;
                return true;
              }).ok());
  ASSERT_GT(reports, 2);
  for (int allowed = 0; allowed < reports; ++allowed) {
    int seen = 0;
    const auto proposal = proposeProject(spec, [&](double) { return seen++ < allowed; });
    ASSERT_FALSE(proposal.ok()) << allowed;
    EXPECT_EQ(proposal.error().code, ErrorCode::Cancelled) << allowed << ": " << proposal.error().text();
    EXPECT_EQ(seen, allowed + 1) << "reads on after it was cancelled";
  }
}

}  // namespace
}  // namespace tandem
