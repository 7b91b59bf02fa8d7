#include "core/twin/twin_record.h"
#include "core/twin/findings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "core/base/file.h"
#include "core/report/twin_report.h"
#include "core/runtime/registry.h"
#include "core/twin/lock_step_run.h"
#include "core/twin/race.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

Project spirals() {
  Project project = *projectFromTemplate("Two spirals");
  project.data.count = 400;
  project.training.epochs = 3;
  return project;
}

template <class Run>
void waitFor(Run& run) {
  for (int i = 0; i < 3000 && !run.finished(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(run.finished());
}

std::unique_ptr<LockStepRun> lockStepRun(std::int64_t steps, const std::vector<std::string>& sides) {
  const Project project = spirals();
  auto lockStep = LockStep::open(project, loadDataset(project.data).value(), parseSides(sides).value());
  EXPECT_TRUE(lockStep.ok());
  return std::make_unique<LockStepRun>(project, std::move(*lockStep), LockStepRun::Options{steps, 4});
}

TEST(TwinRecord, OfALockStepRunIsCompleteAndReadsBackEqual) {
  const auto run = lockStepRun(10, {"cpu:1", "cpu:1,avoid=small+onednn"});
  run->start();
  waitFor(*run);
  EXPECT_FALSE(run->error());
  const auto steps = run->takeSteps();
  const auto parity = run->takeParity();
  ASSERT_EQ(steps.size(), 10u);
  ASSERT_EQ(parity.size(), 4u);  // before steps 1, 5, 9 and after the last
  EXPECT_EQ(parity.back().step, 11);
  EXPECT_TRUE(run->takeSteps().empty());
  const TwinRecord record = run->record();
  EXPECT_EQ(record.sides[1].curve.loss[9], steps[9].sides[1].loss);
  EXPECT_EQ(record.sides[0].timing.steps + record.sides[0].timing.warmUp, 10u);
  EXPECT_EQ(record.parity.back().sides[0].tensors.size(), parity.back().sides[0].tensors.size());

  const TemporaryFolder folder;
  ASSERT_TRUE(saveTwin(record, folder / "a.tandemtwin").ok());
  const TwinRecord again = loadTwin(folder / "a.tandemtwin").value();
  EXPECT_EQ(toJson(again), toJson(record));
  EXPECT_EQ(findings(again), findings(record));
  // Available after the end: the values of the last comparison.
  const SideParity& last = parity.back().sides[0];
  for (std::size_t t = 0; t < last.tensors.size(); ++t) {
    const TensorPair pair = run->values(last, t).value();
    EXPECT_EQ(difference(pair.reference, pair.side).relative, last.tensors[t].difference.relative)
        << last.tensors[t].tensor;
  }
}

TEST(TwinRecord, StopsPausesAndContinues) {
  const auto run = lockStepRun(1'000'000, {"cpu:1", "cpu:1"});
  run->start();
  while (run->stepsDone() < 20) std::this_thread::yield();
  run->pause();
  // A step in progress ends first, whenever a busy machine lets it. Without the pause, steps would follow without end.
  const auto stepsIn = [&](std::chrono::milliseconds time) {
    const std::int64_t before = run->stepsDone();
    std::this_thread::sleep_for(time);
    return run->stepsDone() - before;
  };
  std::int64_t late = 1;
  for (int i = 0; i < 100 && late > 0; ++i) late = stepsIn(std::chrono::milliseconds(30));
  EXPECT_EQ(late, 0);
  const std::int64_t paused = run->stepsDone();
  run->resume();
  while (run->stepsDone() == paused) std::this_thread::yield();
  run->stop();
  waitFor(*run);
  EXPECT_FALSE(run->error());
  EXPECT_EQ(static_cast<std::int64_t>(run->takeSteps().size()), run->stepsDone());
}

TEST(TwinRecord, InvalidFilesAreReported) {
  const auto message = [](const std::string& text) { return twinFromJson(text, "f").error().text(); };
  EXPECT_EQ(message("{}"), "f: is not the record of a twin run. `tandem twin --record FILE` writes one");
  EXPECT_EQ(message(R"({"tandem_twin": 1, "sides": []})"), "f: sides: has 0 sides, not 2 to 8");
  EXPECT_EQ(message(R"({"tandem_twin": 9})"), "f: tandem_twin: must be a whole number from 1 to 1");
  EXPECT_EQ(message(R"({"tandem_twin": 1, "sides": [{"batch": "x"}]})"),
            "f: sides[0].batch: must be a whole number from 0 to 1000000000000");
  EXPECT_EQ(
      message(
          R"({"tandem_twin": 1, "mode": "race", "sides": [{"label": "a", "curve": {"steps": [1]}}, {}]})"),
      "f: sides: a: the columns of the curve have different lengths");
  EXPECT_EQ(
      message(
          R"({"tandem_twin": 1, "mode": "race", "sides": [{}, {}], "parity": [{"sides": [{"side": 3}]}]})"),
      "f: parity: refers to a missing side");
  EXPECT_EQ(message(R"({"tandem_twin": 1, "mode": "zzz", "sides": [{}, {}]})"),
            "f: mode: must be one of lock-step, race");
  EXPECT_EQ(message(R"({"tandem_twin": 1, "mode": "race", "sides": [{"label": "a", "curve":
                       {"steps": [1, 2], "seconds": [2, 1], "loss": [1, 1]}}, {}]})"),
            "f: sides: a: the points of the curve are not in order");
  EXPECT_FALSE(loadTwin("/nowhere/a.tandemtwin").ok());
}

TEST(TwinRecord, NonFiniteNumbersSurvive) {
  TwinRecord record;
  record.mode = TwinMode::Race;
  record.sides.resize(2);
  record.sides[0].label = "a";
  record.sides[0].curve = {{1, 2, 3}, {0.1, 0.2, 0.3}, {1.0, std::nan(""), INFINITY}};
  const TwinRecord again = twinFromJson(toJson(record), "f").value();
  EXPECT_TRUE(std::isnan(again.sides[0].curve.loss[1]));
  EXPECT_EQ(again.sides[0].curve.loss[2], INFINITY);
  const std::string page = htmlReport(record);  // plots finite values only
  EXPECT_EQ(page.find("nan"), std::string::npos);
}

// R² may be -1, which older records use for "no metric".
TEST(TwinRecord, AMetricOfMinusOneIsNotAbsent) {
  TwinRecord record;
  record.mode = TwinMode::Race;
  record.sides.resize(2);
  record.sides[0].metric = -1.0;
  const TwinRecord again = twinFromJson(toJson(record), "f").value();
  EXPECT_EQ(again.sides[0].metric, -1.0);
  EXPECT_FALSE(again.sides[1].metric);
  const TwinRecord old =
      twinFromJson(R"({"tandem_twin": 1, "mode": "race", "sides": [{"metric": -1}, {"metric": 0.5}]})", "f")
          .value();
  EXPECT_FALSE(old.sides[0].metric);
  EXPECT_EQ(old.sides[1].metric, 0.5);
}

TEST(Race, EverySideIsRecordedWithEqualLosses) {
  const TemporaryFolder folder;
  const auto store = RunStore::open(folder / "runs").value();
  const Project project = spirals();
  auto race = Race::create(project, loadDataset(project.data).value(),
                           parseSides({"cpu:1", "cuda:77", "cpu:1,batch=64"}).value(), *store, {0, true});
  ASSERT_TRUE(race.ok()) << race.error().text();
  (*race)->start();
  for (int i = 0; i < 3000 && !(*race)->poll(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE((*race)->poll());
  const TwinRecord record = (*race)->record();
  ASSERT_EQ(record.sides.size(), 3u);
  EXPECT_FALSE(record.window);  // there is none
  EXPECT_FALSE(record.sides[1].error.empty());
  EXPECT_EQ(record.sides[1].run, 0);
  for (const std::size_t k : {0u, 2u}) {
    const TwinSideRecord& side = record.sides[k];
    EXPECT_EQ(side.error, "");
    // The numbers of the twin run match the recorded runs.
    const RunCurves curves = store->curves(side.run).value();
    ASSERT_EQ(side.curve.steps.size(), curves.steps.size());
    for (std::size_t i = 0; i < curves.steps.size(); ++i)
      EXPECT_EQ(side.curve.loss[i], static_cast<double>(curves.steps[i].values[0]));
    EXPECT_EQ(side.metric, store->info(side.run).value().testMetric);
  }
  EXPECT_EQ(record.sides[2].batch, 64);
  EXPECT_EQ(store->list().value().size(), 2u);
}

TEST(Race, EndsAtTheRequestedStep) {
  const TemporaryFolder folder;
  const auto store = RunStore::open(folder / "runs").value();
  Project project = spirals();
  project.training.epochs = 1;  // about 18 steps: the race continues up to the requested number
  auto race = Race::create(project, loadDataset(project.data).value(), parseSides({"cpu:1", "cpu:1"}).value(),
                           *store, {45});
  ASSERT_TRUE(race.ok());
  (*race)->start();
  for (int i = 0; i < 3000 && !(*race)->poll(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const TwinRecord record = (*race)->record();
  for (const TwinSideRecord& side : record.sides) EXPECT_EQ(side.curve.steps.back(), 45);
  // With the same seed, all sides have the same first loss.
  EXPECT_EQ(record.sides[0].curve.loss[0], record.sides[1].curve.loss[0]);
}

TEST(StepTiming, ExcludesWarmUpAndDetectsUnsteadyTimes) {
  std::vector<double> seconds(100, 0.010);
  for (int i = 0; i < 5; ++i) seconds[static_cast<std::size_t>(i)] = 1;
  const StepTiming timing = timingOf(seconds);
  EXPECT_EQ(timing.warmUp, 5u);
  EXPECT_DOUBLE_EQ(timing.median, 0.010);
  EXPECT_FALSE(timing.unsteady());
  std::vector<double> noisy;
  for (int i = 0; i < 100; ++i) noisy.push_back(i % 2 ? 0.010 : 0.020);
  EXPECT_TRUE(timingOf(noisy).unsteady());
  // Equal quartiles hide stalls, the mean does not.
  std::vector<double> stalls(100, 0.010);
  for (std::size_t i = 20; i < 30; ++i) stalls[i] = 1;
  EXPECT_DOUBLE_EQ(timingOf(stalls).high, 0.010);
  EXPECT_TRUE(timingOf(stalls).stalled());
  EXPECT_TRUE(timingOf(stalls).unsteady());
  const SpeedUp s = speedUp(timingOf(std::vector<double>(20, 0.02)), timingOf(std::vector<double>(20, 0.01)));
  EXPECT_DOUBLE_EQ(s.ratio, 2);
  EXPECT_EQ(timingOf({}).steps, 0u);
}

TEST(StepTiming, TimeBetweenEpochsIsNotAStep) {
  RunCurves curves;
  curves.slots = {{"loss", 0}};
  for (int i = 0; i < 100; ++i) {
    StepRecord step;
    step.step = i + 1;
    step.epoch = 1 + i / 10;
    const int epochsBefore = i / 10;
    step.wallSeconds = 0.01 * i + 0.5 * epochsBefore;  // half a second of evaluation after each epoch
    curves.steps.push_back(step);
  }
  const StepTiming timing = sideRecord(curves).timing;
  EXPECT_NEAR(timing.mean, 0.01, 1e-9);
  EXPECT_FALSE(timing.unsteady());
}

TEST(Twin, FindingsMatchTheNumbers) {
  TwinRecord record;
  record.sides.resize(2);
  record.sides[0].label = "cpu";
  record.sides[1].label = "gpu";
  record.sides[0].timing = timingOf(std::vector<double>(50, 0.030));
  record.sides[1].timing = timingOf(std::vector<double>(50, 0.010));
  EXPECT_EQ(findings(record).at(0),
            "gpu is 3.00x as fast as cpu (3.00 to 3.00): 10.000 ms vs. 30.000 ms per step.");
  std::swap(record.sides[0].timing, record.sides[1].timing);
  EXPECT_EQ(findings(record).at(0),
            "cpu is 3.00x as fast as gpu (3.00 to 3.00): 10.000 ms vs. 30.000 ms per step.");
  record.sides[1].timing = record.sides[0].timing;
  EXPECT_NE(findings(record).at(0).find("equally fast"), std::string::npos);
  record.sides[0].batch = 128;
  record.sides[1].batch = 32;  // the same time for a quarter of the samples
  EXPECT_NE(findings(record).at(0).find("cpu is 4.00x as fast as gpu per sample"), std::string::npos);
}

// The gradient of a bias before batch norm is zero up to rounding: it is compared with the others of its layer.
TEST(Twin, FindingsQuoteTheDifferenceThatWasCompared) {
  const auto tensor = [](const std::string& name, double rms, double difference) {
    TensorParity parity;
    parity.kind = TensorKind::WeightGradient;
    parity.layer = "conv";
    parity.tensor = name;
    parity.difference.relative = difference / rms;
    parity.difference.largest = parity.difference.rmsDifference = difference;
    parity.difference.rmsA = rms;
    return parity;
  };
  TwinRecord record;
  record.sides.resize(2);
  record.sides[0].label = "cpu";
  record.sides[1].label = "gpu";
  SideParity side;
  side.side = 1;
  side.tolerance = 1e-4;
  side.tensors = {tensor("conv/kernel", 1, 2e-6), tensor("conv/bias", 1e-6, 4e-7)};
  record.parity.push_back({1, {side}, {}});
  const auto sentence = [&] {
    for (const std::string& text : findings(twinFromJson(toJson(record), "f").value()))
      if (text.starts_with("gpu agrees") || text.starts_with("gpu differs")) return text;
    return std::string();
  };
  EXPECT_NE(
      sentence().find("agrees with cpu up to rounding (tolerance 1e-04): with the same weights, the largest "
                      "relative difference is 4.0e-06 of a tenth of the largest tensor of its kind in the "
                      "layer, in conv, conv/bias"),
      std::string::npos)
      << sentence();
  SideParity& stored = record.parity[0].sides[0];
  stored.tensors[0].difference.rmsDifference = stored.tensors[0].difference.relative = 1e-5;
  EXPECT_NE(sentence().find("the largest relative difference is 1.0e-05, in conv, conv/kernel"),
            std::string::npos)
      << sentence();
  stored.tensors[1] = tensor("conv/bias", 1e-6, 1e-3);
  stored.tensors[1].beyondRounding = true;
  EXPECT_NE(sentence().find(
                "first in layer conv, conv/bias, before step 1 (relative difference 1.0e-02 of a tenth"),
            std::string::npos)
      << sentence();
}

TEST(Twin, AnUnderutilizedGpuIsLaunchBound) {
  const auto said = [](const std::string& device, const LayerRate& rate) {
    TwinRecord record;
    record.sides.resize(1);
    record.sides[0].label = record.sides[0].device = device;
    record.sides[0].rates = {rate, rate};
    for (const std::string& sentence : findings(record))
      if (sentence.find("launch-bound") != std::string::npos) return true;
    return false;
  };
  const LayerRate small{"dense", 20e-6, 1e5, 1e4, "", 0};
  EXPECT_TRUE(said("cuda:0", small));
  EXPECT_FALSE(said("cpu", small));
  EXPECT_FALSE(said("cuda:0", {"dense", 20e-6, 1e5, 1e6, "", 0})) << "moves 50 GB/s";
  EXPECT_FALSE(said("cuda:0", {"dense", 20e-6, 1e7, 1e4, "", 0})) << "computes 500 GFLOP/s";
  EXPECT_FALSE(said("cuda:0", {"dense", 20e-3, 1e5, 1e4, "", 0})) << "a slow kernel, not a short one";
  EXPECT_FALSE(said("cuda:0", {"dense", 20e-6, 1e5, 1e4, "memory", 0.1})) << "the calibration knows better";
}

}  // namespace
}  // namespace tandem
