// The data that the window shows of a twin run: the summary of a comparison, tiles, value pairs, stored twin
// runs, a background race.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <thread>

#include "core/twin/pair_summary.h"
#include "core/twin/parity_summary.h"
#include "core/twin/race_run.h"
#include "core/twin/tensor_tiles.h"
#include "core/twin/twin_store.h"

namespace tandem {
namespace {

TensorParity tensor(std::string layer, TensorKind kind, double relative, bool beyond = false) {
  TensorParity t;
  t.kind = kind;
  t.layer = std::move(layer);
  t.tensor = "output";
  t.difference.relative = relative;
  t.difference.largest = relative;
  t.beyondRounding = beyond;
  return t;
}

TEST(TwinView, SeverityFollowsTheTolerance) {
  constexpr double kTolerance = 1e-4;
  const auto of = [&](double relative, bool beyond = false) {
    return severityOf(tensor("a", TensorKind::Activation, relative, beyond), kTolerance);
  };
  EXPECT_EQ(of(0), Severity::Equal);
  EXPECT_EQ(of(1e-7), Severity::Rounding);
  EXPECT_EQ(of(5e-5), Severity::Near);
  EXPECT_EQ(of(2e-4, true), Severity::Beyond);
  EXPECT_EQ(of(0.5), Severity::Rounding);  // zero up to rounding, so not significant
  TensorParity infinite = tensor("a", TensorKind::Activation, 0);
  infinite.difference.nonFinite = 1;
  infinite.beyondRounding = true;
  EXPECT_EQ(severityOf(infinite, kTolerance), Severity::Beyond);
}

TEST(TwinView, TheWorstOfALayerHasTheHighestSeverity) {
  SideParity parity;
  parity.tolerance = 1e-4;
  parity.tensors = {tensor("a", TensorKind::Activation, 1e-6), tensor("a", TensorKind::WeightGradient, 0.3),
                    tensor("a", TensorKind::InputGradient, 2e-3, true), tensor("a", TensorKind::Update, 0.9),
                    tensor("b", TensorKind::Update, 0.9)};
  const auto worst = worstByLayer(parity);
  ASSERT_EQ(worst.size(), 1u);  // b has only updates, which are rounding
  EXPECT_EQ(worst.at("a"), 2u);
  parity.tensors[4].beyondRounding = true;
  EXPECT_EQ(worstByLayer(parity).at("b"), 4u);
}

TEST(TwinView, TheFirstDivergenceIsThatOfTheRequestedSide) {
  std::vector<ParityRecord> comparisons(3);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t side = 1; side <= 2; ++side) {
      SideParity parity;
      parity.side = side;
      parity.tensors.resize(4);
      if (side == 2 && i > 0) parity.first = i + 1;
      comparisons[i].sides.push_back(parity);
    }
  EXPECT_FALSE(firstDivergence(comparisons, 1));
  const auto found = firstDivergence(comparisons, 2);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->comparison, 1u);
  EXPECT_EQ(found->tensor, 2u);
  EXPECT_FALSE(firstDivergence(comparisons, 3));
}

// Values that encode their position.
std::vector<float> counted(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

TEST(TwinView, TilesOfAnActivationAreItsChannels) {
  const Shape shape{2, 3, 4, 5};  // (N, H, W, C)
  const TileLayout layout = tileLayout(shape, false);
  EXPECT_EQ(layout.slices, 2);
  EXPECT_EQ(layout.tiles, 5);
  EXPECT_EQ(layout.tileName, "channel");
  const Tile tile = tileOf(counted(shape), layout, 1, 3, 100);
  EXPECT_EQ(tile.rows, 3);
  EXPECT_EQ(tile.columns, 4);
  for (int h = 0; h < 3; ++h)
    for (int w = 0; w < 4; ++w)
      EXPECT_EQ(tile.values[static_cast<std::size_t>(h * 4 + w)],
                static_cast<float>(((1 * 3 + h) * 4 + w) * 5 + 3));
}

TEST(TwinView, TilesOfAKernelAreItsFilters) {
  const Shape shape{5, 3, 2, 4};  // (Cout, KH, KW, Cin)
  const TileLayout layout = tileLayout(shape, true);
  EXPECT_EQ(layout.slices, 4);
  EXPECT_EQ(layout.tiles, 5);
  EXPECT_EQ(layout.rows, 3);
  EXPECT_EQ(layout.columns, 2);
  const Tile tile = tileOf(counted(shape), layout, 2, 4, 100);
  for (int kh = 0; kh < 3; ++kh)
    for (int kw = 0; kw < 2; ++kw)
      EXPECT_EQ(tile.values[static_cast<std::size_t>(kh * 2 + kw)],
                static_cast<float>(((4 * 3 + kh) * 2 + kw) * 4 + 2));
}

TEST(TwinView, EveryLayoutCoversItsTensorOnce) {
  for (const Shape& shape :
       {Shape{}, Shape{7}, Shape{4, 6}, Shape{2, 3, 5}, Shape{2, 3, 4, 5}, Shape{2, 2, 3, 4, 5}})
    for (const bool weights : {false, true}) {
      const TileLayout l = tileLayout(shape, weights);
      std::vector<int> seen(static_cast<std::size_t>(shape.elements()));
      for (std::int64_t s = 0; s < l.slices; ++s)
        for (std::int64_t t = 0; t < l.tiles; ++t)
          for (std::int64_t r = 0; r < l.rows; ++r)
            for (std::int64_t c = 0; c < l.columns; ++c)
              ++seen.at(static_cast<std::size_t>(l.index(s, t, r, c)));
      EXPECT_EQ(std::ranges::count(seen, 1), shape.elements()) << shape.text() << " weights " << weights;
    }
}

TEST(TwinView, SmallerTilesPreserveOutliers) {
  const Shape shape{100, 60};
  std::vector<float> values(6000, 0.1f);
  values[static_cast<std::size_t>(57 * 60 + 33)] = -9;
  values[0] = std::numeric_limits<float>::quiet_NaN();
  const Tile tile = tileOf(values, tileLayout(shape, false), 0, 0, 10);
  EXPECT_EQ(tile.rows, 10);
  EXPECT_EQ(tile.columns, 10);
  EXPECT_EQ(tile.values[static_cast<std::size_t>(5 * 10 + 5)], -9);
  EXPECT_TRUE(std::isnan(tile.values[0]));
  EXPECT_EQ(tile.values[1], 0.1f);
}

TEST(TwinView, APairIsSummarized) {
  TensorPair pair;
  pair.shape = {4};
  pair.reference = {-1, 0, 2, std::numeric_limits<float>::infinity()};
  pair.side = {-1, 0.5f, 2, 3};
  const PairSummary summary = summaryOf(pair, 4);
  EXPECT_EQ(summary.low, -1);
  EXPECT_EQ(summary.high, 3);
  EXPECT_EQ(summary.largest, 0.5);
  EXPECT_EQ(summary.difference[1], 0.5f);
  EXPECT_EQ(summary.reference.counts,
            (std::vector<std::size_t>{1, 1, 0, 1}));  // the infinite one is not counted
  EXPECT_EQ(summary.differences.low, -0.5);
}

class TwinFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("tandem-twins-" + std::to_string(::getpid()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(TwinFolder, TwinsAreStoredListedAndRemoved) {
  const TwinStore store(folder_ / "twins");
  EXPECT_TRUE(store.list().empty());  // the folder does not exist yet
  TwinRecord record;
  record.name = "net";
  record.mode = TwinMode::Race;
  record.started = "2026-11-20T07:30:00Z";
  record.sides.resize(2);
  record.sides[0].label = "cpu:1";
  record.sides[1].label = "cpu:2";
  const auto first = store.save(record);
  ASSERT_TRUE(first.ok()) << first.error().text();
  const auto second = store.save(record);  // in the same second: another file
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*first, *second);
  record.started = "2026-11-21T07:30:00Z";
  ASSERT_TRUE(store.save(record).ok());
  std::ofstream(store.folder() / "broken.tandemtwin") << "{";
  std::vector<Error> problems;
  const auto list = store.list(&problems);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(problems.size(), 1u);
  EXPECT_EQ(list[0].started, "2026-11-21T07:30:00Z");
  EXPECT_EQ(list[0].sides, (std::vector<std::string>{"cpu:1", "cpu:2"}));
  ASSERT_TRUE(store.remove(*first).ok());
  EXPECT_EQ(store.list().size(), 2u);
  EXPECT_FALSE(store.remove(*first).ok());
  EXPECT_FALSE(store.remove(folder_ / "elsewhere.tandemtwin").ok());
}

TEST_F(TwinFolder, AFolderThatCannotBeCreatedIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  TwinRecord record;
  record.sides.resize(2);
  const auto kept = TwinStore(folder_ / "file" / "twins").save(record);
  ASSERT_FALSE(kept.ok());
  EXPECT_NE(kept.error().text().find("twins"), std::string::npos);
}

TEST(TwinView, ASideIsNamedAfterItsNetworkFile) {
  const SideSpec side = parseSide("cpu:2,bf16,network=/home/a/wide, deep.tandem").value();
  EXPECT_EQ(side.network, "/home/a/wide, deep.tandem");
  EXPECT_EQ(side.label, "cpu:2, bf16, network=wide, deep.tandem");
  EXPECT_FALSE(parseSide("cpu:2,network=").ok());
}

TEST(TwinView, ASideAvoidsAllKernelsOfARepeatedOption) {
  const SideSpec side = parseSide("cpu:1,avoid=simd,bf16,avoid=onednn+small").value();
  EXPECT_EQ(side.device.avoid, (std::vector<std::string>{"simd", "onednn", "small"}));
  EXPECT_FALSE(parseSide("cpu:1,avoid=").ok());
  EXPECT_FALSE(parseSide("cpu:1,avoid=simd+").ok());
}

TEST(TwinView, TextOfASideParsesToTheSameSide) {
  for (const char* text : {"cpu", "cpu:2", "cuda:0,bf16", "cpu:1,avoid=onednn+small", "cpu:2,fast,batch=32",
                           "cpu:2,batch=8,network=a, b/wide,2.tandem"}) {
    const SideSpec side = parseSide(text).value();
    EXPECT_EQ(textOf(side), text);
  }
}

Project moons() {
  Project project = projectFromTemplate("Two moons").value();
  project.data.count = 400;
  return project;
}

TEST_F(TwinFolder, ABackgroundRaceEndsWithItsRecord) {
  const Project project = moons();
  const auto data = loadDataset(project.data).value();
  const auto store = RunStore::open(folder_).value();
  auto race =
      Race::create(project, data, parseSides({"cpu:1", "cpu:1,avoid=onednn"}).value(), *store, {40, true});
  ASSERT_TRUE(race.ok()) << race.error().text();
  RaceRun run(std::move(*race));
  run.start();
  while (!run.finished()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const TwinRecord record = run.record();
  ASSERT_EQ(record.sides.size(), 2u);
  for (const TwinSideRecord& side : record.sides) EXPECT_EQ(side.curve.steps.back(), 40);
  EXPECT_EQ(run.errors(), (std::vector<std::string>(2)));
  EXPECT_EQ(store->list().value().size(), 2u);
}

TEST_F(TwinFolder, ARaceIsPausedAndStopped) {
  Project project = moons();
  project.training.epochs = 100'000;
  const auto data = loadDataset(project.data).value();
  const auto store = RunStore::open(folder_).value();
  RaceRun run(Race::create(project, data, parseSides({"cpu:1", "cpu:1"}).value(), *store, {}).value());
  run.start();
  StepRecord step;
  const auto drain = [&] {
    while (run.telemetry(0)->nextStep(step)) {
    }
    return step.step;
  };
  while (drain() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  run.pause();
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const std::int64_t at = drain();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_EQ(drain(), at);
  run.resume();
  while (drain() == at) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  run.stop();
  while (!run.finished()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const std::vector<RunSummary> runs = store->list().value();
  for (const RunSummary& info : runs) EXPECT_EQ(info.state, RunState::Stopped);
}

TEST_F(TwinFolder, ARaceThatNeverStartedLeavesNoRuns) {
  const Project project = moons();
  const auto data = loadDataset(project.data).value();
  const auto store = RunStore::open(folder_).value();
  {
    const RaceRun run(
        Race::create(project, data, parseSides({"cpu:1", "cpu:1"}).value(), *store, {}).value());
  }
  EXPECT_TRUE(store->list().value().empty());
}

}  // namespace
}  // namespace tandem
