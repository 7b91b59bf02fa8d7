// Windows of time series and whole sequences from tables: samples, targets, split, normalization, lengths, refusals.
#include "core/data/series.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/data/column_use.h"
#include "core/data/csv.h"
#include "core/data/time_stamp.h"
#include "core/network/project.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Numbers = std::vector<float>;
using Classes = std::vector<std::int32_t>;
using Samples = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

DataSpec windows(std::int64_t steps) {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.classification = spec.normalize = spec.standardizeTargets = false;
  spec.series.steps = steps;
  return spec;
}

DataSpec sequences(std::int64_t steps = 0) {
  DataSpec spec = windows(steps);
  spec.classification = spec.series.whole = true;
  spec.series.group = "id";
  return spec;
}

RawData parse(std::string_view text, const DataSpec& spec) {
  auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  EXPECT_TRUE(raw.ok()) << raw.error().text();
  return raw.ok() ? std::move(raw).value() : RawData{};
}

std::string errorOf(std::string_view text, const DataSpec& spec) {
  const auto raw = parseCsv(std::string(text), spec, "f.csv", {});
  return raw.ok() ? "none" : raw.error().text();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool notes(const DatasetInfo& info, std::string_view part) {
  return std::ranges::any_of(info.notes, [&](const std::string& note) { return contains(note, part); });
}

// x counts from 0, y is 100 more.
std::string counting(int rows) {
  std::string text = "x,y\n";
  for (int i = 0; i < rows; ++i) text += std::to_string(i) + "," + std::to_string(100 + i) + "\n";
  return text;
}

TEST(Series, WindowsContainThePastOfTheTarget) {
  const RawData raw = parse(counting(6), windows(3));
  const DatasetInfo& info = raw.data.info;
  ASSERT_EQ(info.inputs.size(), 1u);
  EXPECT_EQ(info.inputs[0].sample, (Shape{3, 2}));
  EXPECT_FALSE(info.inputs[0].varies);
  EXPECT_EQ(info.featureNames(), (Texts{"x", "y"}));
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{0, 100, 1, 101, 2, 102, 3, 103, 4, 104, 5, 105}))
      << "each row once";
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{0, 1, 2}));
  ASSERT_EQ(info.targets.size(), 1u);
  EXPECT_EQ(info.targets[0].name, "y +1");
  EXPECT_EQ(info.targets[0].sample, Shape{1});
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{103, 104, 105}));
  EXPECT_EQ(raw.data.size(), 3);
  EXPECT_TRUE(
      notes(info, "Each sample is a window of 3 rows; the targets are in row 1 after its end (3 windows)"));
}

TEST(Series, WithoutThePastOfTheTargets) {
  DataSpec spec = windows(3);
  spec.series.pastTargets = false;
  const RawData raw = parse(counting(6), spec);
  EXPECT_EQ(raw.data.info.inputs[0].sample, (Shape{3, 1}));
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{103, 104, 105}));
}

TEST(Series, HorizonRowsAheadAndStride) {
  DataSpec spec = windows(2);
  spec.series.horizon = 2;
  spec.series.ahead = 2;
  spec.series.stride = 3;
  const RawData raw = parse(counting(10), spec);
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{0, 3}));
  ASSERT_EQ(raw.data.targets.size(), 2u);
  EXPECT_EQ(raw.data.info.targets[0].name, "y +2");
  EXPECT_EQ(raw.data.info.targets[1].name, "y +3");
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{103, 106}));
  EXPECT_EQ(raw.data.targets[1].floats, (Numbers{104, 107}));
}

TEST(Series, ASingleColumnPredictsItself) {
  const RawData raw = parse("value\n1.5\n2.5\n3.5\n", windows(2));
  EXPECT_EQ(raw.data.info.inputs[0].sample, (Shape{2, 1}));
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{3.5f}));
}

TEST(Series, CategoriesAreOneHotAndCanBeTargets) {
  DataSpec spec = windows(2);
  spec.classification = true;
  const RawData raw = parse("x,sky\n1,sun\n2,rain\n3,sun\n4,rain\n", spec);
  EXPECT_EQ(raw.data.info.inputs[0].sample, (Shape{2, 3}));
  EXPECT_EQ(raw.data.info.featureNames(), (Texts{"x", "sky=rain", "sky=sun"}));
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{1, 0, 1, 2, 1, 0, 3, 0, 1, 4, 1, 0}));
  EXPECT_EQ(raw.data.targets[0].classOf, (Classes{1, 0}));
  EXPECT_EQ(raw.data.info.targets[0].classNames, (Texts{"rain", "sun"}));
}

TEST(Series, WindowsDoNotReachFromOneGroupIntoAnother) {
  DataSpec spec = windows(2);
  spec.series.group = "id";
  const RawData raw = parse("id,y\na,1\nb,10\na,2\nb,20\na,3\nb,30\nb,40\nc,7\n", spec);
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{1, 2, 3, 10, 20, 30, 40, 7})) << "each series together";
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{0, 3, 4}));
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{3, 30, 40}));
  EXPECT_TRUE(notes(raw.data.info, "(3 windows of 3 series in column \"id\")"));
  EXPECT_TRUE(notes(raw.data.info, "Left out 1 series with fewer than 3 rows: c"));
}

TEST(Series, WindowsWithRowsThatAreSkippedAreLeftOut) {
  const RawData raw = parse("x,y\n1,1\n2,2\n3,\n4,4\n5,5\n6,6\n", windows(2));
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{1, 1, 2, 2, 4, 4, 5, 5, 6, 6}));
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{2})) << "rows 2 and 4 are no neighbours";
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{6}));
  EXPECT_TRUE(notes(raw.data.info, "Left out 3 windows that contain rows with missing values"));
}

TEST(Series, ARowThatIsSkippedBetweenAWindowAndItsTargetKeepsItsPlace) {
  DataSpec spec = windows(2);
  spec.series.horizon = 2;
  const RawData raw = parse("x,y\n1,1\n2,2\n,3\n4,4\n5,5\n", spec);
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{0}));
  EXPECT_EQ(raw.data.targets[0].floats, (Numbers{4})) << "two rows after the window";
}

TEST(Series, SampleWeightsAreThoseOfTheTargetRow) {
  DataSpec spec = windows(2);
  spec.targets = {"y"};
  spec.sampleWeights = "w";
  const RawData raw = parse("y,w\n1,1\n2,2\n3,3\n4,4\n", spec);
  EXPECT_EQ(raw.data.info.inputs[0].sample, (Shape{2, 1}));
  EXPECT_EQ(raw.data.weights.floats, (Numbers{3, 4}));
}

TEST(Series, WeightsThatChangeWithinASequenceAreNoted) {
  DataSpec spec = sequences();
  spec.sampleWeights = "w";
  const auto noted = [&](std::string_view text) {
    const RawData raw = parse(text, spec);
    EXPECT_EQ(raw.data.weights.floats, (Numbers{2, 3}));
    return std::ranges::count_if(raw.data.info.notes, [](const std::string& note) {
      return note.starts_with("The sample weights in column \"w\" change within 1 sequence");
    });
  };
  EXPECT_EQ(noted("id,x,w,kind\na,1,2,up\na,2,2,up\nb,3,3,down\n"), 0);
  EXPECT_EQ(noted("id,x,w,kind\na,1,1,up\na,2,2,up\nb,3,3,down\n"), 1);
}

TEST(Series, LongTablesAreReadInPieces) {
  std::string text = "id,y\n";
  for (int i = 0; i < 40000; ++i) text += (i % 2 == 0 ? "even," : "odd,") + std::to_string(i) + "\n";
  DataSpec spec = windows(2);
  spec.series.group = "id";
  const RawData raw = parse(text, spec);
  ASSERT_EQ(raw.data.size(), 2 * (20000 - 2));
  for (const std::size_t s : {std::size_t{0}, std::size_t{12345}, std::size_t{19998}, std::size_t{39995}}) {
    const float* row = raw.data.inputs[0].floats.data() + raw.data.inputs[0].starts[s];
    EXPECT_EQ(row[1], row[0] + 2);
    EXPECT_EQ(raw.data.targets[0].floats[s], row[0] + 4);
  }
}

TEST(Series, TheSplitIsByTime) {
  DataSpec spec = windows(3);
  spec.testFraction = 0.25;       // rows 15 to 19
  spec.validationFraction = 0.4;  // rows 9 to 14
  RawData raw = parse(counting(20), spec);
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  EXPECT_EQ(raw.data.parts[0], (Samples{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(raw.data.parts[1], (Samples{9, 10, 11}));
  EXPECT_EQ(raw.data.parts[2], (Samples{15, 16}));
  EXPECT_TRUE(notes(raw.data.info,
                    "The split is by time: the first rows are for training, the next for validation, the "
                    "last for the test (6 windows, 3 and 2), without 6 windows across a border"));
  spec.validationFraction = 0.1;  // two rows
  raw = parse(counting(20), spec);
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  EXPECT_TRUE(raw.data.parts[1].empty());
  EXPECT_TRUE(notes(raw.data.info,
                    "Warning: no window fits into the validation part, which has 2 rows: a window and its "
                    "targets need 4"));
}

TEST(Series, EachSeriesIsSplitByTime) {
  DataSpec spec = windows(1);
  spec.series.group = "id";
  spec.testFraction = 0.5;
  spec.validationFraction = 0;
  RawData raw = parse("id,y\na,1\na,2\na,3\na,4\nb,1\nb,2\nb,3\nb,4\n", spec);
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  EXPECT_EQ(raw.data.parts[0], (Samples{0, 3}));
  EXPECT_EQ(raw.data.parts[2], (Samples{2, 5}));
}

TEST(Series, NormalizesByTheTrainingRows) {
  DataSpec spec = windows(3);
  spec.normalize = spec.standardizeTargets = true;
  spec.testFraction = 0.25;
  spec.validationFraction = 0.4;
  std::string text = "x,y\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + "," + std::to_string(2 * i) + "\n";
  RawData raw = parse(text, spec);
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  normalizeDataset(raw.data, spec);
  const TensorValues& input = raw.data.inputs[0];
  ASSERT_EQ(input.mean.size(), 2u) << "one per column";
  EXPECT_FLOAT_EQ(input.mean[0], 3.5f) << "the windows contain rows 0 to 7, each counted once";
  EXPECT_FLOAT_EQ(input.scale[0], static_cast<float>(1 / std::sqrt(5.25)));
  EXPECT_FLOAT_EQ(input.mean[1], 7.0f);
  EXPECT_FLOAT_EQ(raw.data.targets[0].mean[0], 11.0f) << "of rows 3 to 8";
  EXPECT_NEAR(raw.data.info.targets[0].unit, std::sqrt(35.0 / 3), 1e-5) << "errors are in the target's unit";
  Numbers window(6);
  const Samples third = {2};
  raw.data.gather(0, third, window.data());
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_FLOAT_EQ(window[2 * r], (static_cast<float>(2 + r) - 3.5f) * input.scale[0]);
    EXPECT_FLOAT_EQ(window[2 * r + 1], (static_cast<float>(4 + 2 * r) - 7.0f) * input.scale[1]);
  }
}

TEST(Series, RowsAheadShareAScale) {
  DataSpec spec = windows(3);
  spec.standardizeTargets = true;
  spec.series.ahead = 3;
  RawData raw = parse(counting(40), spec);
  ASSERT_TRUE(splitDataset(raw, spec).ok());
  normalizeDataset(raw.data, spec);
  ASSERT_EQ(raw.data.targets.size(), 3u);
  for (const std::size_t t : {1u, 2u}) {
    EXPECT_EQ(raw.data.targets[t].mean, raw.data.targets[0].mean);
    EXPECT_EQ(raw.data.targets[t].scale, raw.data.targets[0].scale);
    EXPECT_EQ(raw.data.info.targets[t].unit, raw.data.info.targets[0].unit);
  }
  EXPECT_NE(raw.data.info.targets[0].unit, 1);
}

TEST(Series, WholeSequencesVaryInLength) {
  const DataSpec spec = sequences();
  RawData raw = parse("id,x,kind\na,1,up\na,2,up\nb,5,down\nc,7,up\nc,8,up\nc,9,down\n", spec);
  const DatasetInfo& info = raw.data.info;
  EXPECT_EQ(info.inputs[0].sample, (Shape{3, 1})) << "as long as the longest";
  EXPECT_TRUE(info.inputs[0].varies);
  EXPECT_EQ(raw.data.inputs[0].floats, (Numbers{1, 2, 5, 7, 8, 9}));
  EXPECT_EQ(raw.data.inputs[0].starts, (Samples{0, 2, 3}));
  ASSERT_EQ(info.lengths.size(), 1u);
  EXPECT_EQ(info.lengths[0].classes, 4);
  EXPECT_EQ(info.lengths[0].sample, Shape{});
  EXPECT_EQ(info.lengthsOf(0), 2u);
  EXPECT_EQ(raw.data.lengths[0].classOf, (Classes{2, 1, 3}));
  EXPECT_EQ(info.targets[0].name, "kind");
  EXPECT_EQ(raw.data.targets[0].classOf, (Classes{1, 0, 0})) << "of the last row";
  EXPECT_TRUE(notes(info, "The target \"kind\" changes within 1 sequence"));
  EXPECT_EQ(raw.data.size(), 3);
  normalizeDataset(raw.data, spec);
  Numbers both(6, -1);
  const Samples chosen = {1, 2};
  raw.data.gather(0, chosen, both.data());
  EXPECT_EQ(both, (Numbers{5, 0, 0, 7, 8, 9}));
  Classes lengths(2);
  raw.data.gather(2, chosen, lengths.data());
  EXPECT_EQ(lengths, (Classes{1, 3}));
}

TEST(Series, LongSequencesAreCutAndIncompleteOnesLeftOut) {
  const RawData raw =
      parse("id,x,kind\na,1,up\na,2,up\nb,5,down\nc,7,up\nc,8,up\nc,9,up\nd,,up\nd,1,up\n", sequences(2));
  EXPECT_EQ(raw.data.info.inputs[0].sample, (Shape{2, 1}));
  EXPECT_EQ(raw.data.lengths[0].classOf, (Classes{2, 1, 2}));
  EXPECT_TRUE(notes(raw.data.info, "Of 1 sequence longer than that, only the first 2 rows are used"));
  EXPECT_TRUE(notes(raw.data.info, "Left out 1 sequence that contains rows with missing values"));
}

TEST(Series, TextsAreNoFeaturesOfRowsWhateverTheirName) {
  for (const char* name : {"review", "table"}) {
    DataSpec spec = windows(2);
    spec.series.pastTargets = false;
    spec.texts = {name};
    const std::string text = std::string(name) + ",y\ngood day,1\nbad day,2\ngood night,3\nbad night,4\n";
    EXPECT_TRUE(contains(errorOf(text, spec), "the rows of a series consist of numbers and categories"))
        << errorOf(text, spec);
  }
}

// The description of a model has no more steps.
TEST(Series, SequencesOfAnyLengthAreCutOrRefused) {
  SeriesRows rows;
  rows.groups = {"a"};
  rows.group.assign(static_cast<std::size_t>(SeriesSpec::kMaxSteps) + 1, 0);
  for (std::int64_t i = 0; i < std::ssize(rows.group); ++i) rows.row.push_back(i);
  SeriesSpec spec = sequences().series;
  const auto refused = layOutSeries(rows, spec, true, "f.csv");
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(contains(refused.error().text(), "the longest sequence has 100001 rows; at most 100000"))
      << refused.error().text();
  spec.steps = 10;
  const auto cut = layOutSeries(rows, spec, true, "f.csv");
  ASSERT_TRUE(cut.ok()) << cut.error().text();
  EXPECT_EQ(cut->samples.at(0).rows, 10);
}

TEST(Series, SequencesAreSplitAtRandomAndStratified) {
  const TempFolder folder;
  std::string text = "id,x,kind\n";
  for (int s = 0; s < 40; ++s)
    for (int r = 0; r <= s % 3; ++r)
      text += std::to_string(s) + "," + std::to_string(r) + "," + (s < 20 ? "up" : "down") + "\n";
  DataSpec spec = sequences();
  spec.normalize = true;
  spec.path = folder.write("s.csv", text);
  const auto data = loadDataset(spec).value();
  EXPECT_EQ(data->parts[2].size(), 8u);
  std::int64_t ups = 0;
  for (const std::int64_t i : data->parts[2]) ups += data->targets[0].classOf[static_cast<std::size_t>(i)];
  EXPECT_EQ(ups, 4);
  const auto probed = probeDataset(spec).value();
  EXPECT_EQ(probed.inputs[0].sample, data->info.inputs[0].sample);
  EXPECT_EQ(probed.lengths.size(), 1u);
}

TEST(Series, TimeStampsMustNotDecrease) {
  DataSpec spec = windows(1);
  spec.series.order = "t";
  const std::string unordered = "t,y\n2024-01-01,1\n2024-01-03,2\n2024-01-02,3\n2024-01-04,4\n";
  const std::string error = errorOf(unordered, spec);
  EXPECT_TRUE(contains(error, "f.csv:4: the value in column \"t\" is less than in line 3")) << error;
  EXPECT_TRUE(contains(error, "the group column")) << error;
  EXPECT_EQ(errorOf("t,y\n9,1\n10,2\n10,3\n11,4\n", spec), "none") << "numbers, not texts";
  spec.series.group = "id";
  EXPECT_EQ(errorOf("t,y,id\n1,1,a\n5,2,a\n2,3,b\n3,4,b\n", spec), "none") << "each series has its own time";
  spec.series.group.clear();
  const RawData raw = parse("t,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", spec);
  EXPECT_EQ(raw.data.info.featureNames(), (Texts{"y"})) << "the order is no feature";
  const std::string unclear = errorOf("t,y\n01/02/2024,1\n02/02/2024,2\n03/02/2024,3\n", spec);
  EXPECT_TRUE(contains(unclear, "f.csv:2: \"01/02/2024\" in column \"t\" is neither a number nor a date"))
      << unclear;
}

TEST(Series, RefusesWhatDoesNotFit) {
  const auto expect = [](std::string_view text, const DataSpec& spec, std::string_view part) {
    const std::string error = errorOf(text, spec);
    EXPECT_TRUE(contains(error, part)) << error;
    EXPECT_TRUE(contains(error, "f.csv")) << error;
  };
  expect(counting(3), windows(3), "the table has 3 rows, but a window of 3 rows and its targets need 4");
  DataSpec grouped = windows(3);
  grouped.series.group = "id";
  expect("id,y\na,1\na,2\nb,3\n", grouped, "the longest series of column \"id\" has 2 rows, but a window");
  expect("id,y\na,1\nb,2\nc,3\n", grouped, "every value of column \"id\" occurs in one row only");
  expect("id,x,kind\na,1,up\nb,2,down\n", sequences(), "every value of column \"id\" occurs in one row only");
  expect("id,y\na,1\n,2\na,3\n", grouped, "f.csv:3: the value in column \"id\" is missing");
  expect("x,y\n1,1\n2,\n3,3\n4,\n5,5\n", windows(2), "every window contains rows with missing values");
  expect("pic,y\na.png,1\nb.png,2\nc.png,3\n", windows(1), "columns of images cannot be part of a series");
  expect("x,y\n1,high\n2,low\n3,high\n", windows(1), "\"high\" in column \"y\" is not a number");
  DataSpec bad = windows(1);
  bad.series.group = "sensor";
  expect(counting(5), bad, "there is no column \"sensor\"");
  bad.series.group = "y";
  bad.targets = {"y"};
  expect(counting(5), bad, "column \"y\" is both the group and a target");
  bad = windows(1);
  bad.targets = {"y"};
  bad.series.order = "x";
  bad.ignore = {"x"};
  expect(counting(5), bad, "column \"x\" is both the order and ignored");
  bad = windows(0);
  bad.series.group = "x";
  expect(counting(5), bad, "the group column \"x\" is chosen, but the rows do not form series");
  bad = windows(0);
  bad.series.horizon = 2;
  expect(counting(5), bad, "is set, but the rows do not form series");
  bad = windows(0);
  bad.series.whole = true;
  expect(counting(5), bad, "whole sequences need a group column");
  bad = sequences();
  bad.series.ahead = 2;
  expect("id,x,kind\na,1,up\na,2,down\n", bad, "have no meaning for whole sequences");
  bad = windows(1);
  bad.series.pastTargets = false;
  bad.series.order = "x";
  expect(counting(5), bad, "no feature columns are left");
  bad = windows(1);
  bad.targets = {"y"};
  expect("y,y +1\n1,2\n2,3\n3,4\n", bad, "column \"y +1\" has the name that a target of the series gets");
}

TEST(Series, RefusesATrainingPartThatIsTooShort) {
  const TempFolder folder;
  DataSpec spec = windows(3);
  spec.path = folder.write("t.csv", counting(10));
  spec.testFraction = 0.5;
  spec.validationFraction = 0.4;
  const auto data = loadDataset(spec);
  ASSERT_FALSE(data.ok());
  EXPECT_TRUE(
      contains(data.error().text(),
               "no window fits into the training part, which has 3 rows: a window and its targets need 4"))
      << data.error().text();
}

TEST(Series, TheUsualTargetIsNeitherTheGroupNorTheOrder) {
  DataSpec spec = windows(1);
  spec.series.order = "t";
  spec.series.group = "id";
  const Texts names = {"x", "y", "id", "t"};
  EXPECT_EQ(usualTarget(spec, names), 1u);
  EXPECT_EQ(useOf(spec, names, 2), ColumnUse::Group);
  EXPECT_EQ(useOf(spec, names, 3), ColumnUse::Order);
  ASSERT_TRUE(setUse(spec, names, 3, ColumnUse::Ignored).ok());
  EXPECT_EQ(spec.series.order, "");
  EXPECT_EQ(spec.targets, (Texts{"y"})) << "as before";
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::Order).ok());
  EXPECT_EQ(spec.series.order, "x");
  EXPECT_FALSE(setUse(spec, names, 1, ColumnUse::Group).ok()) << "the target";
}

TEST(Series, ProjectsStoreThem) {
  Project project;
  EXPECT_FALSE(contains(toJson(project), "\"series\": {")) << "only if they are set";
  project.data = windows(24);
  project.data.series = {.steps = 24,
                         .horizon = 3,
                         .ahead = 2,
                         .stride = 4,
                         .pastTargets = false,
                         .group = "id",
                         .order = "time"};
  const auto again = projectFromJson(toJson(project), "p.tandem");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->data, project.data);
  std::string text = toJson(project);
  text.replace(text.find("\"horizon\": 3"), 12, "\"horizon\": 0");
  const auto bad = projectFromJson(text, "p.tandem");
  ASSERT_FALSE(bad.ok());
  EXPECT_TRUE(contains(bad.error().text(), "data.series.horizon")) << bad.error().text();
}

TEST(Series, ReadsTimeStamps) {
  EXPECT_EQ(timeOf("1970-01-02"), 86400);
  EXPECT_EQ(timeOf("1970-01-01 01:02"), 3720);
  EXPECT_EQ(timeOf("1970/01/01T00:00:10.5"), 10.5);
  EXPECT_EQ(timeOf("1970-01-01T02:00:00+02:00"), 0);
  EXPECT_EQ(timeOf("1970-01-01 00:00:00Z"), 0);
  EXPECT_EQ(timeOf("02.01.1970 00:01"), 86460);
  EXPECT_LT(timeOf("1969-12-31"), 0);
  for (const char* text : {"", "noon", "01/02/2024", "2024-13-01", "2023-02-29", "2024-01-01 25:00",
                           "2024-01-01 x", "2024-01", "12:30"})
    EXPECT_EQ(timeOf(text), std::nullopt) << text;
}

}  // namespace
}  // namespace tandem
