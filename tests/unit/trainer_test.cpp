// The course of a training: epochs, averages, learning rates, pauses and stops, profiles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "core/train/plan_training.h"
#include "core/train/profile.h"
#include "core/train/report_sums.h"
#include "tests/unit/trainer_bench.h"

namespace tandem {
namespace {

INSTANTIATE_TEST_SUITE_P(Depths, TrainerDepth, testing::Values(1, 2, 3));

TEST_P(TrainerDepth, RunsAllEpochsEvaluatesAndTests) {
  TrainerBench b;
  b.fake.device.depth = GetParam();
  const auto data = b.data();
  const auto perEpoch = static_cast<std::int64_t>(data->part(SplitPart::Train).size()) / kTrainerBatch;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_FALSE(result.error) << result.error->text();
  EXPECT_EQ(result.steps, 3 * perEpoch);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_GT(result.samplesPerSecond, 0);
  EXPECT_TRUE(result.hasTest);
  EXPECT_EQ(b.fake.device.misuses, 0);
  EXPECT_EQ(b.listener.starts, 1);
  ASSERT_EQ(b.listener.steps.size(), static_cast<std::size_t>(3 * perEpoch));
  for (std::size_t i = 0; i < b.listener.steps.size(); ++i) {
    EXPECT_EQ(b.listener.steps[i].step, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(b.listener.steps[i].epoch,
              static_cast<std::int32_t>(static_cast<std::int64_t>(i) / perEpoch) + 1);
    EXPECT_EQ(b.listener.steps[i].rows, kTrainerBatch);
  }
  using S = TrainState;
  EXPECT_EQ(b.listener.states(),
            (std::vector<S>{S::Running, S::Evaluating, S::Running, S::Evaluating, S::Running, S::Evaluating,
                            S::Running, S::Evaluating, S::Finished}));
  EXPECT_EQ(b.listener.of<CheckpointWritten>().size(), 3u);
  EXPECT_EQ(b.listener.of<TestResult>().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(result.weights));
}

TEST(Trainer, AveragesAreWeightedByRows) {
  TrainerBench b;
  const auto data = b.data();
  const TrainResult result = b.train();
  // The fake device answers an evaluation with the mean first feature of the valid rows. The last batch
  // of the test set is short: only weighting by rows gives the mean over the set.
  const auto meanFirst = [&](SplitPart part) {
    double sum = 0;
    std::vector<float> row(2);
    for (const std::int64_t index : data->part(part)) {
      data->gather(0, std::span(&index, 1), row.data());
      sum += row[0];
    }
    return sum / static_cast<double>(data->part(part).size());
  };
  ASSERT_NE(data->part(SplitPart::Test).size() % kTrainerBatch, 0u);
  EXPECT_NEAR(result.test[0], meanFirst(SplitPart::Test), 1e-6);
  const auto epochs = b.listener.of<EpochEnd>();
  ASSERT_EQ(epochs.size(), 3u);
  EXPECT_NEAR(epochs[1].record.validation[0], meanFirst(SplitPart::Validation), 1e-6);
  double sum = 0;
  for (const StepRecord& record : b.listener.steps)
    if (record.epoch == 2) sum += record.values[0];
  EXPECT_NEAR(epochs[1].record.train[0], sum * 3 / static_cast<double>(b.listener.steps.size()), 1e-5);
}

// A root of means and a ratio of sums are not the means of the batches' roots and ratios.
TEST(ReportSums, CombinesAfterAveraging) {
  const auto ratio = [](std::span<const double> means) { return means[0] / means[1]; };
  const std::vector<ReportSlot> slots = {
      {.name = "loss", .slot = 0},
      {.name = "rmse", .slot = 1, .unit = 10, .first = 1, .value = findDef<MetricDef>("rmse")->value},
      {.name = "precision", .slot = 2, .first = 2, .width = 2, .value = ratio},
      {.name = "recall", .slot = 3, .first = 2, .width = 2, .value = ratio}};  // of the same values
  ReportSums sums;
  StepReport step;
  const std::array<float, 4> first{1, 4, 0.1f, 0.2f}, second{3, 16, 0.6f, 0.6f};
  step.values = first;
  sums.add(step, 30);
  EXPECT_FLOAT_EQ(reported(step, slots)[1], 20);
  EXPECT_FLOAT_EQ(reported(step, slots)[2], 0.5f);
  step.values = second;
  sums.add(step, 10);
  const ReportValues values = sums.values(slots, Phase::Evaluate);
  EXPECT_FLOAT_EQ(values[0], 1.5f);
  EXPECT_FLOAT_EQ(values[1], 10 * std::sqrt(7.0f));
  EXPECT_FLOAT_EQ(values[2], 0.75f);  // (0.1 x 30 + 0.6 x 10) / (0.2 x 30 + 0.6 x 10)
  EXPECT_EQ(values[3], values[2]);
}

// A norm belongs to an update, a counter to the moment.
TEST(ReportSums, ReducesEachValueAsItsSlotSays) {
  const std::vector<ReportSlot> slots = {
      {.name = "loss", .slot = 0},
      {.name = "skipped_steps", .slot = 1, .first = 1, .reducer = Reducer::Last},
      {.name = "gradient_norm", .slot = 2, .first = 2, .reducer = Reducer::MeanOverUpdates},
      {.name = "accuracy", .slot = 3, .first = 3}};
  ReportSums sums{.reducers = reducersOf(slots)};
  EXPECT_EQ(sums.reducers.size(), 3u);
  const auto add = [&](std::array<float, 4> values, std::int64_t rows, bool updates) {
    StepReport step;
    step.values = values;
    sums.add(step, rows, updates);
  };
  add({1, 0, 100, 0}, 10, false);
  add({2, 1, 5, 1}, 10, true);  // an update of 20 rows
  add({3, 7, 8, 1}, 10, true);  // and one of 10
  const ReportValues values = sums.values(slots, Phase::Train);
  EXPECT_FLOAT_EQ(values[0], 2);
  EXPECT_FLOAT_EQ(values[1], 7);
  EXPECT_FLOAT_EQ(values[2], 6);
  EXPECT_FLOAT_EQ(values[3], 2.0f / 3);
  sums.clear();
  add({1, 0, 4, 0}, 10, true);
  EXPECT_FLOAT_EQ(sums.values(slots, Phase::Train)[2], 4);
}

TEST(Trainer, TheGradientNormOfAnEpochIsThatOfItsUpdates) {
  TrainerBench b;
  b.backend = *DeviceRegistry::instance().backendFor("cpu");
  b.project.training.accumulate = 4;
  b.project.training.clip = ClipKind::Norm;
  const TrainResult result = b.train();
  const auto slot = static_cast<std::size_t>(findSlot(result.slots, "gradient_norm")->slot);
  const auto epochs = b.listener.of<EpochEnd>();
  ASSERT_FALSE(epochs.empty());
  std::vector<StepRecord> first;
  for (const StepRecord& step : b.listener.steps)
    if (step.epoch == 1) first.push_back(step);
  double sum = 0, rows = 0, since = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    since += first[i].rows;
    if ((i + 1) % 4 != 0 && i + 1 != first.size()) continue;
    sum += static_cast<double>(first[i].values[slot]) * since;
    rows += std::exchange(since, 0);
  }
  ASSERT_EQ(first.size(), 9u);
  EXPECT_GT(sum, 0);
  EXPECT_NEAR(epochs[0].record.train[slot], sum / rows, 1e-5 * sum / rows);
}

// x and y of a place are standardized each, so that their common error is in neither's unit.
TEST(Trainer, NotesTheUnitOfErrorsOverSeveralTargets) {
  const auto notesOf = [](const char* name) {
    const Project project = *projectFromTemplate(name);
    return dataNotes(project.training, **loadDataset(trainingData(project)));
  };
  const auto places = notesOf("Shapes: two outputs"), sizes = notesOf("Shapes: two inputs");
  const std::string note =
      "Errors of x and y, such as MAE and RMSE, are in standard deviations of these targets, whose units differ";
  EXPECT_EQ(std::ranges::count(places, note), 1);
  for (const std::string& each : sizes) EXPECT_EQ(each.find("units differ"), std::string::npos) << each;
}

TEST(Trainer, NotesThatAnEpochHasFewerBatchesThanAnUpdate) {
  TrainerBench b;
  const std::string note =
      "Gradients are accumulated over 10 batches, but an epoch has 9: each epoch is one update of the weights";
  for (const int accumulate : {9, 10}) {
    b.project.training.accumulate = accumulate;
    const auto notes = dataNotes(b.project.training, *b.data());
    EXPECT_EQ(std::ranges::count(notes, note), accumulate == 10 ? 1 : 0);
  }
}

TEST(Trainer, NotesLayersThatReadTheTokensToPredict) {
  const auto notes = [](const char* type, const Attrs& properties, DataKind kind = DataKind::TextFile) {
    Project project;
    project.data.kind = kind;
    EXPECT_TRUE(project.network.add(type, "layer", properties).ok());
    return foresightNotes(project).size();
  };
  for (const char* type : {"lstm", "gru", "simple_rnn"}) {
    EXPECT_EQ(notes(type, {}), 0u);
    EXPECT_EQ(notes(type, {{"direction", std::string("both")}}), 1u);
    EXPECT_EQ(notes(type, {{"direction", std::string("backward")}}), 1u);
    EXPECT_EQ(notes(type, {{"direction", std::string("both")}}, DataKind::TextFolder), 0u);
  }
  EXPECT_EQ(notes("attention", {}), 1u);
  EXPECT_EQ(notes("attention", {{"causal", std::int64_t{1}}}), 0u);
  EXPECT_EQ(notes("conv1d", {{"padding", std::string("same")}}), 1u);
  EXPECT_EQ(notes("conv1d", {{"padding", std::string("same")}, {"kernel", std::int64_t{1}}}), 0u);
  EXPECT_EQ(notes("conv1d", {{"padding", std::string("causal")}}), 0u);
  EXPECT_EQ(notes("dense", {}), 0u);
}

TEST(ReportSums, KnowsWhatEachPhaseComputes) {
  const std::vector<ReportSlot> slots = {
      {.name = "loss", .slot = 0},
      {.name = "gradient_norm", .slot = 1, .trainingOnly = true, .first = 1},
      {.name = "macro_f1",
       .slot = 2,
       .evaluationOnly = true,
       .first = 1,
       .width = 200,
       .value = [](std::span<const double> means) { return means[199]; }}};
  std::vector<float> train{1, 2}, evaluate(201);
  evaluate[200] = 5;
  ReportSums trained, evaluated;
  trained.add({train}, 3);
  evaluated.add({evaluate}, 3);
  EXPECT_EQ(reported(StepReport{train}, slots)[1], 2);
  EXPECT_EQ(trained.values(slots, Phase::Train)[1], 2);
  EXPECT_TRUE(std::isnan(trained.values(slots, Phase::Train)[2]));
  EXPECT_EQ(evaluated.values(slots, Phase::Evaluate)[1], 0);
  EXPECT_EQ(evaluated.values(slots, Phase::Evaluate)[2], 5);
  trained.clear();
  EXPECT_EQ(trained.rows, 0);
}

TEST(Trainer, FollowsTheSchedule) {
  TrainerBench b;
  b.project.training.schedule = {"exponential", {{"gamma", 0.5}, {"warmup_steps", std::int64_t{2}}}};
  b.train();
  const float base = static_cast<float>(b.project.training.optimizer.number(kLearningRate));
  EXPECT_FLOAT_EQ(b.listener.steps[0].learningRate, base / 2);
  EXPECT_FLOAT_EQ(b.listener.steps[1].learningRate, base);
  EXPECT_FLOAT_EQ(b.listener.steps.back().learningRate, base / 4);
}

TEST(Trainer, PausesStepsResumesAndStops) {
  TrainerBench b;
  b.project.training.epochs = 100'000;
  b.fake.device.stepTime = std::chrono::microseconds(200);
  auto t = b.trainer();
  t->start();
  b.listener.waitForSteps(5);
  t->pause();
  b.listener.waitForState(TrainState::Paused);
  const std::size_t paused = b.listener.stepCount();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(b.listener.stepCount(), paused);
  EXPECT_EQ(t->state(), TrainState::Paused);
  t->step();
  t->step();
  b.listener.waitForSteps(paused + 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(b.listener.stepCount(), paused + 2);
  t->resume();
  b.listener.waitForSteps(paused + 10);
  t->stop();
  const TrainResult result = t->join();
  EXPECT_EQ(result.state, TrainState::Stopped);
  EXPECT_EQ(result.steps, static_cast<std::int64_t>(b.listener.steps.size()));
  EXPECT_EQ(loadCheckpoint(result.weights)->step, result.steps);
  for (std::size_t i = 1; i < b.listener.steps.size(); ++i)
    EXPECT_GE(b.listener.steps[i].wallSeconds, b.listener.steps[i - 1].wallSeconds);
}

TEST(Trainer, ThePausedTimeIsNotCounted) {
  using Clock = std::chrono::steady_clock;
  TrainerBench b;
  b.project.training.epochs = 1;
  auto t = b.trainer();
  t->pause();
  const auto start = Clock::now();
  t->start();
  b.listener.waitForState(TrainState::Paused);
  const auto paused = Clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(b.listener.stepCount(), 0u);
  const double pause = std::chrono::duration<double>(Clock::now() - paused).count();
  t->resume();
  const double counted = t->join().seconds;
  // However slow the machine is: the time counted and the pause do not overlap.
  EXPECT_LE(counted + pause, std::chrono::duration<double>(Clock::now() - start).count());
  for (const StepRecord& step : b.listener.steps) EXPECT_LE(step.wallSeconds, counted);
}

TEST(Trainer, StopsWhilePausedAndWhileDestroyed) {
  TrainerBench b;
  b.project.training.epochs = 100'000;
  auto t = b.trainer();
  t->step();
  t->start();
  b.listener.waitForState(TrainState::Paused);
  EXPECT_EQ(b.listener.stepCount(), 1u);
  t->stop();
  EXPECT_EQ(t->join().state, TrainState::Stopped);
  TrainerBench c;
  c.project.training.epochs = 100'000;
  auto running = c.trainer();
  running->start();
  c.listener.waitForSteps(3);
  running.reset();
  EXPECT_EQ(c.listener.states().back(), TrainState::Stopped);
  TrainerBench d;
  EXPECT_EQ(d.trainer()->join().state, TrainState::Preparing);  // never started
}

TEST(Trainer, AcceptsANewLearningRateDuringTheRun) {
  TrainerBench b;
  b.project.training.epochs = 100'000;
  b.fake.device.stepTime = std::chrono::microseconds(100);
  auto t = b.trainer();
  t->start();
  b.listener.waitForSteps(3);
  t->setLearningRate(0.125);
  t->setLearningRate(0.0625);
  b.listener.waitForSteps(b.listener.stepCount() + 5);
  t->setLearningRate(-1);
  b.listener.waitForSteps(b.listener.stepCount() + 5);
  t->stop();
  const TrainResult result = t->join();
  EXPECT_EQ(b.listener.steps.front().learningRate, 0.01f);
  EXPECT_EQ(b.listener.steps.back().learningRate, 0.0625f);
  EXPECT_EQ(b.listener.of<RateChange>().back().text, "0.0625");
  ASSERT_EQ(b.listener.of<Note>().size(), 1u);
  EXPECT_NE(b.listener.of<Note>()[0].text.find("positive"), std::string::npos);
  EXPECT_EQ(loadCheckpoint(result.weights)->baseLearningRate, 0.0625);
}

TEST(Trainer, StopsEarlyWhenTheLossNoLongerFalls) {
  TrainerBench b;
  b.project.training.epochs = 50;
  b.project.training.earlyStoppingPatience = 2;
  b.fake.device.constantValidation = 1;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_TRUE(result.hasTest);
  EXPECT_EQ(b.listener.of<Note>().size(), 1u);
}

TEST(Trainer, ReducesTheRateOnAPlateau) {
  TrainerBench b;
  b.project.training.schedule = {"reduce_on_plateau", {{"patience", std::int64_t{1}}, {"gamma", 0.5}}};
  b.fake.device.constantValidation = 1;
  b.train();
  EXPECT_EQ(b.listener.steps[9].learningRate, 0.01f);
  EXPECT_EQ(b.listener.steps.back().learningRate, 0.005f);
  EXPECT_EQ(b.listener.of<RateChange>().front().text, "0.005");
}

TEST(Trainer, ProfilesAtAnInterval) {
  TrainerBench b;
  b.project.training.epochs = 10;
  b.train();
  ASSERT_FALSE(b.listener.profiles.empty());
  EXPECT_EQ(b.fake.device.profiledPasses, static_cast<std::int64_t>(b.listener.profiles.size()));
  const ProfileRecord& profile = b.listener.profiles.front();
  EXPECT_GT(profile.forward, 0);
  EXPECT_GT(profile.backward, 0);
  EXPECT_GT(profile.update, 0);
  EXPECT_EQ(profile.transfer, kFakeTransfer);
  EXPECT_GT(profile.telemetry, 0);
  EXPECT_LT(profile.telemetry, 0.1);
  EXPECT_GT(profile.memory.weights, 0u);
  ASSERT_FALSE(profile.layers.empty());
  bool dense = false;
  for (const auto& layer : profile.layers)
    dense = dense || (layer.layer == "dense_2" && layer.forward > 0 && layer.backward > 0);
  EXPECT_TRUE(dense);
}

TEST(TrainerOnCpu, LearnsTwoMoons) {
  const auto cpu = DeviceRegistry::instance().backendFor("cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.error().text();
  TrainerBench b;
  b.backend = *cpu;
  b.project = *projectFromTemplate("Two moons");
  b.project.training.epochs = 10;
  const TrainResult result = b.train();
  ASSERT_EQ(result.state, TrainState::Finished) << result.error->text();
  int accuracy = -1;
  for (const ReportSlot& slot : result.slots)
    if (slot.name == "accuracy") accuracy = slot.slot;
  ASSERT_GE(accuracy, 0);
  EXPECT_GT(result.test[static_cast<std::size_t>(accuracy)], 0.95f);
}

}  // namespace
}  // namespace tandem
