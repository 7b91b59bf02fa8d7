// New data for a model of series, its description in checkpoints, and generated series.
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/encode.h"
#include "core/data/fingerprint.h"
#include "core/network/preprocessing_json.h"
#include "core/network/propose.h"
#include "core/train/evaluation.h"
#include "core/train/resume_data.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Texts = std::vector<std::string>;
using Lines = std::vector<std::int64_t>;
using Loaded = std::shared_ptr<const Dataset>;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Two series of 12 rows, with time stamps, a category and the target y.
std::string sensors() {
  std::string text = "time,sensor,x,sky,y\n";
  for (int i = 0; i < 12; ++i)
    for (const char* sensor : {"a", "b"})
      text += std::to_string(i) + "," + sensor + "," + std::to_string(i * i) + "," +
              (i % 3 == 0 ? "rain" : "sun") + "," + std::to_string(i + (*sensor == 'a' ? 10 : 50)) + "\n";
  return text;
}

DataSpec sensorSpec(const std::string& path) {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path = path;
  spec.classification = false;
  spec.testFraction = spec.validationFraction = 0;
  spec.series = {.steps = 3, .horizon = 2, .ahead = 2, .group = "sensor", .order = "time"};
  return spec;
}

class SeriesModel : public ::testing::Test {
 protected:
  void SetUp() override {
    text_ = sensors();
    data_ = loadDataset(sensorSpec(folder_.write("sensors.csv", text_))).value();
    model_ = preprocessingOf(*data_);
  }
  EncodedSamples encode(std::string_view text, Labels labels = Labels::NotNeeded) const {
    auto samples = encodeTable(text, model_, "ask.csv", labels);
    EXPECT_TRUE(samples.ok()) << samples.error().text();
    return samples.ok() ? std::move(samples).value() : EncodedSamples{};
  }
  std::string refusal(std::string_view text) const {
    const auto samples = encodeTable(text, model_, "ask.csv");
    EXPECT_FALSE(samples.ok()) << text;
    return samples.ok() ? "" : samples.error().text();
  }

  TempFolder folder_;
  std::string text_;
  Loaded data_;
  Preprocessing model_;
};

TEST_F(SeriesModel, FieldsDescribeTheWindows) {
  ASSERT_EQ(model_.inputs().size(), 1u);
  EXPECT_EQ(model_.inputs()[0].sample(), (Shape{3, 4}));
  EXPECT_EQ(model_.inputs()[0].sample(), data_->info.inputs[0].sample);
  EXPECT_EQ(model_.inputs()[0].names(), (Texts{"x", "sky=rain", "sky=sun", "y"}));
  EXPECT_EQ(model_.inputs()[0].mean().size(), 4u);
  ASSERT_EQ(model_.targets().size(), 2u);
  EXPECT_EQ(model_.targets()[1]->name, "y +3");
  EXPECT_EQ(model_.targets()[1]->columnName(), "y");
  EXPECT_EQ(model_.targets()[1]->ahead, 3);
  EXPECT_EQ(model_.targets()[0]->scale, model_.targets()[1]->scale);
}

TEST_F(SeriesModel, CheckpointsStoreThem) {
  const auto again = preprocessingFromJson(toJson(model_), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, model_);
  EXPECT_EQ(again->inputs()[0].sample(), (Shape{3, 4}));
  Preprocessing plain;
  plain.named = true;
  plain.fields = {{.name = "x"}, {.name = "y", .role = FieldRole::Target}};
  EXPECT_FALSE(contains(toJson(plain), "series"));
  EXPECT_FALSE(contains(toJson(plain), "ahead"));
  plain.fields[1].column = "z";
  plain.fields[1].ahead = 1;
  const auto damaged = preprocessingFromJson(toJson(plain), "x");
  ASSERT_FALSE(damaged.ok());
  EXPECT_TRUE(contains(damaged.error().text(), "has no series")) << damaged.error().text();
}

TEST_F(SeriesModel, LabelledTablesGiveTheWindowsOfTraining) {
  const EncodedSamples samples = encode(text_, Labels::Needed);
  ASSERT_EQ(samples.rows, data_->size());
  std::vector<std::int64_t> all(static_cast<std::size_t>(data_->size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  std::vector<float> wanted(all.size() * 12);
  data_->gather(0, all, wanted.data());
  ASSERT_EQ(samples.inputs[0].size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(samples.inputs[0][i], wanted[i], 1e-4) << i;
  ASSERT_EQ(samples.targets.size(), 2u);
  // Of sensor a: rows 4 to 10, and one more.
  ASSERT_EQ(samples.targets[0].valueOf.size(), 14u);
  EXPECT_EQ(samples.targets[0].valueOf[0], 14);
  EXPECT_EQ(samples.targets[1].valueOf[0], 15);
  EXPECT_EQ(samples.targets[0].valueOf[7], 54);
  EXPECT_EQ(samples.groups[6], "a");
  EXPECT_EQ(samples.groups[7], "b");

  const auto own = encodeSamples(*data_, all, model_);
  ASSERT_TRUE(own.ok()) << own.error().text();
  ASSERT_EQ(own->inputs[0].size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(own->inputs[0][i], wanted[i], 1e-4) << i;
  EXPECT_EQ(own->targets[1].valueOf, samples.targets[1].valueOf);
}

TEST_F(SeriesModel, TheLastWindowEndsWithTheLastRow) {
  const EncodedSamples samples = encode(
      "sensor,time,y,sky,x\na,1,1,sun,1\na,2,2,sun,4\nb,1,9,rain,1\na,3,3,rain,9\n"
      "a,4,4,sun,16\nb,2,8,sun,2\nb,3,7,sun,3\n");
  EXPECT_EQ(samples.lines, (Lines{5, 6, 8})) << "two windows of a, and one of b";
  EXPECT_EQ(samples.groups, (Texts{"a", "a", "b"}));
  ASSERT_EQ(samples.inputs[0].size(), 3u * 12u);
  const std::vector<double> mean = model_.inputs()[0].mean(), scale = model_.inputs()[0].scale();
  EXPECT_NEAR(samples.inputs[0][0], (1 - mean[0]) * scale[0], 1e-5);
  EXPECT_NEAR(samples.inputs[0][12 + 8], (16 - mean[0]) * scale[0], 1e-5) << "x of the last row of a";
  EXPECT_NEAR(samples.inputs[0][24 + 3], (9 - mean[3]) * scale[3], 1e-4) << "y of the first row of b";
  EXPECT_TRUE(samples.targets.empty());
}

TEST_F(SeriesModel, RowsWithMissingValuesLeaveWindowsOut) {
  const EncodedSamples samples =
      encode("sensor,time,y,sky,x\na,1,1,sun,1\na,2,,sun,4\na,3,3,rain,9\na,4,4,sun,16\na,5,5,sun,16\n");
  EXPECT_EQ(samples.lines, (Lines{6}));
  EXPECT_TRUE(std::ranges::any_of(samples.notes, [](const std::string& note) {
    return contains(note, "Left out 2 windows that contain rows with missing values");
  }));
}

TEST_F(SeriesModel, RefusesWhatCannotBeAnswered) {
  const std::string few = refusal("sensor,time,y,sky,x\na,1,1,sun,1\na,2,2,sun,1\n");
  EXPECT_TRUE(contains(
      few, "the longest series of column \"sensor\" has 2 rows, but the window of the network needs 3"))
      << few;
  const std::string group = refusal("time,y,sky,x\n1,1,sun,1\n2,2,sun,1\n3,2,sun,1\n");
  EXPECT_TRUE(contains(group, "there is no column \"sensor\", which names the series of each row")) << group;
  const std::string column = refusal("sensor,time,y,x\na,1,1,1\n");
  EXPECT_TRUE(contains(column, "there is no column \"sky\"")) << column;
  const std::string past = refusal("sensor,time,sky,x\na,1,sun,1\n");
  EXPECT_TRUE(contains(past, "there is no column \"y\"")) << past;
  const std::string order = refusal("sensor,time,y,sky,x\na,1,1,sun,1\na,3,2,sun,1\na,2,2,sun,1\n");
  EXPECT_TRUE(contains(order, "ask.csv:4: the value in column \"time\" is less than in line 3")) << order;
  EXPECT_EQ(encode("sensor,y,sky,x\na,1,sun,1\na,2,sun,1\na,2,sun,1\n").rows, 1) << "the order is not needed";
}

TEST_F(SeriesModel, WithoutAHeaderColumnsAreMatchedByPosition) {
  const EncodedSamples samples = encode("1,a,1,sun,1\n2,a,4,sun,2\n3,a,9,sun,3\n");
  EXPECT_EQ(samples.rows, 1);
  EXPECT_EQ(samples.groups, (Texts{"a"}));
  const std::string features = refusal("1,sun,1\n4,sun,2\n9,sun,3\n");
  EXPECT_TRUE(contains(features, "there is no column \"sensor\"")) << features;
}

TEST_F(SeriesModel, ResumingNeedsTheSameWindows) {
  DataSpec spec = sensorSpec(folder_.file("sensors.csv"));
  EXPECT_TRUE(dataForResume(model_, "", data_, fingerprint(*data_), "x").ok());
  spec.series.horizon = 3;
  const auto later = dataForResume(model_, "", loadDataset(spec).value(), "", "x");
  ASSERT_FALSE(later.ok());
  spec.series = sensorSpec({}).series;
  spec.series.steps = 4;
  const auto longer = dataForResume(model_, "", loadDataset(spec).value(), "", "x");
  ASSERT_FALSE(longer.ok());
  EXPECT_TRUE(contains(longer.error().text(), "shape")) << longer.error().text();
}

TEST_F(SeriesModel, FingerprintsDependOnTheWindows) {
  DataSpec spec = sensorSpec(folder_.file("sensors.csv"));
  EXPECT_EQ(fingerprint(*loadDataset(spec).value()), fingerprint(*data_));
  spec.series.stride = 2;
  EXPECT_NE(fingerprint(*loadDataset(spec).value()), fingerprint(*data_));
}

TEST_F(SeriesModel, ProjectsAreProposedForThem) {
  const auto proposal = proposeProject(sensorSpec(folder_.file("sensors.csv")));
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  EXPECT_EQ(proposal->project.data.targets, (Texts{"y"})) << "the column, not the rows ahead";
  EXPECT_TRUE(std::ranges::any_of(proposal->project.network.layers(),
                                  [](const Layer& layer) { return layer.type == "flatten"; }));
}

TEST(SeriesOfSequences, NewSequencesHaveTheirLengths) {
  const TempFolder folder;
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path =
      folder.write("moves.csv", "id,x,kind\na,1,up\na,2,up\nb,5,down\nc,7,down\nc,8,down\nc,9,down\n");
  spec.testFraction = spec.validationFraction = 0;
  spec.normalize = false;
  spec.series.whole = true;
  spec.series.group = "id";
  const Loaded data = loadDataset(spec).value();
  const Preprocessing model = preprocessingOf(*data);
  EXPECT_EQ(preprocessingFromJson(toJson(model), "x").value(), model);
  ASSERT_TRUE(model.inputs()[0].varies);
  EXPECT_EQ(model.inputs()[0].sample(), (Shape{3, 1}));
  const auto samples = encodeTable("id,x\np,1\nq,4\nq,5\nq,6\nq,7\n", model, "ask.csv");
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  EXPECT_EQ(samples->inputs[0], (std::vector<float>{1, 0, 0, 4, 5, 6}));
  ASSERT_EQ(samples->lengths.size(), 1u);
  EXPECT_EQ(samples->lengths[0], (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(samples->groups, (Texts{"p", "q"}));
  const auto labelled =
      encodeTable("id,x,kind\np,1,up\nq,4,up\nq,5,down\n", model, "ask.csv", Labels::Needed);
  ASSERT_TRUE(labelled.ok()) << labelled.error().text();
  EXPECT_EQ(labelled->targets[0].classOf, (std::vector<std::int32_t>{1, 0})) << "of the last row";
}

TEST(GeneratedSeries, WavesDifferInLength) {
  DataSpec spec;
  spec.generator = "waves";
  spec.count = 300;
  const Loaded data = loadDataset(spec).value();
  EXPECT_EQ(data->size(), 300);
  EXPECT_EQ(data->info.inputs[0].sample, (Shape{32, 1}));
  EXPECT_TRUE(data->info.inputs[0].varies);
  EXPECT_EQ(data->info.targets[0].classNames, (Texts{"sine", "square", "sawtooth"}));
  const auto [least, most] = std::ranges::minmax(data->lengths[0].classOf);
  EXPECT_GE(least, 12);
  EXPECT_LE(most, 32);
  EXPECT_LT(least, most);
  EXPECT_EQ(data->parts[2].size(), 60u);
  const auto probed = probeDataset(spec).value();
  EXPECT_EQ(probed.inputs[0].sample, data->info.inputs[0].sample);
  EXPECT_EQ(probed.targets[0].classNames, data->info.targets[0].classNames);
  const Preprocessing model = preprocessingOf(*data);
  EXPECT_EQ(preprocessingFromJson(toJson(model), "x").value(), model);
  EXPECT_EQ(fingerprint(*loadDataset(spec).value()), fingerprint(*data));
}

TEST(GeneratedSeries, ATimeSeriesComesInWindows) {
  DataSpec spec;
  spec.generator = "series";
  spec.count = 500;
  const Loaded data = loadDataset(spec).value();
  EXPECT_EQ(data->info.inputs[0].sample, (Shape{24, 1}));
  EXPECT_EQ(data->info.targets[0].name, "value +1");
  EXPECT_EQ(data->size(), 500 - 24);
  EXPECT_EQ(data->inputs[0].floats.size(), 500u);
  EXPECT_EQ(data->targets[0].floats[0], data->inputs[0].floats[24]);
  EXPECT_LT(data->parts[0].back(), data->parts[1].front());
  EXPECT_LT(data->parts[1].back(), data->parts[2].front());
  spec.series = {.steps = 48, .ahead = 3};
  const auto probed = probeDataset(spec).value();
  EXPECT_EQ(probed.inputs[0].sample, (Shape{48, 1}));
  EXPECT_EQ(probed.targets.size(), 3u);
  EXPECT_EQ(loadDataset(spec).value()->info.targets[2].name, probed.targets[2].name);
  spec.series.steps = 499;
  EXPECT_FALSE(loadDataset(spec).ok());
}

}  // namespace
}  // namespace tandem
