#include "core/train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "core/train/profile.h"
#include "core/train/report_sums.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// Keeps all it is told and lets a test wait for it.
class Listener : public TrainObserver {
 public:
  void onStart(const Plan&) override { ++starts; }
  void onStep(const StepRecord& record) override {
    const std::lock_guard lock(mutex_);
    steps.push_back(record);
    changed_.notify_all();
    if (atStep) atStep(record.step);
  }
  void onEvent(const TrainEvent& event) override {
    const std::lock_guard lock(mutex_);
    events.push_back(event);
    changed_.notify_all();
  }
  void onProfile(const ProfileRecord& record) override { profiles.push_back(record); }

  void waitForSteps(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return steps.size() >= count; }));
  }
  // Until the state has been entered `times` times.
  void waitForState(TrainState state, int times = 1) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count(state) >= times; }));
  }
  std::size_t stepCount() {
    const std::lock_guard lock(mutex_);
    return steps.size();
  }
  std::vector<TrainEvent> of(EventKind kind) const {
    std::vector<TrainEvent> found;
    for (const TrainEvent& event : events)
      if (event.kind == kind) found.push_back(event);
    return found;
  }
  std::vector<TrainState> states() const {
    std::vector<TrainState> list;
    for (const TrainEvent& event : of(EventKind::State)) list.push_back(event.state);
    return list;
  }

  std::vector<StepRecord> steps;
  std::vector<TrainEvent> events;
  std::vector<ProfileRecord> profiles;
  int starts = 0;
  std::function<void(std::int64_t)> atStep;  // on the trainer's thread

 private:
  int count(TrainState state) const {
    int n = 0;
    for (const TrainEvent& event : events) n += event.kind == EventKind::State && event.state == state;
    return n;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

constexpr std::int64_t kBatch = 16;

// 200 points: 40 for the test, 16 for validation, 144 for training; 9 batches an epoch.
Project smallProject() {
  Project p = *projectFromTemplate("Two spirals");
  p.data.count = 200;
  p.training.batch = kBatch;
  p.training.epochs = 3;
  return p;
}

struct Bench {
  FakeBackend fake;
  Backend* backend = &fake;
  TemporaryFolder folder;
  Project project = smallProject();
  Listener listener;
  std::optional<fs::path> resumeFrom;
  fs::path runFolder = folder / "run";

  std::shared_ptr<const Dataset> data() const {
    auto loaded = loadDataset(project.data);
    EXPECT_TRUE(loaded.ok());
    return *loaded;
  }
  Result<std::unique_ptr<Trainer>> create() {
    return Trainer::create({project, data(), backend, runFolder, resumeFrom, {&listener}});
  }
  std::unique_ptr<Trainer> trainer() {
    auto made = create();
    if (!made.ok()) {
      ADD_FAILURE() << made.error().text();
      return nullptr;
    }
    return std::move(*made);
  }
  TrainResult train() {
    auto t = trainer();
    t->start();
    return t->join();
  }
};

std::vector<float> losses(const Listener& listener) {
  std::vector<float> list;
  for (const StepRecord& record : listener.steps) list.push_back(record.values[0]);
  return list;
}

TEST(TrainerMemory, ARunThatDoesNotFitNamesTheBatchThatDoes) {
  Bench b;
  b.project.training.batch = 4096;
  b.project.data.count = 20000;
  const auto data = b.data();
  const auto needed = [&](std::int64_t batch) {
    TrainingConfig training = b.project.training;
    training.batch = batch;
    return compile(b.project.network, training, data->info, b.fake).value()->forecast.total();
  };
  b.fake.device.memoryBytes = (needed(256) + needed(4096)) / 4;
  const auto refused = b.create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  const std::int64_t batch = largestFittingBatch(b.project.network, b.project.training, data->info, b.fake);
  EXPECT_NE(refused.error().hint.find("A batch of " + std::to_string(batch) + " fits"), std::string::npos)
      << refused.error().text();
  EXPECT_LE(needed(batch), b.fake.device.memoryBytes);
  EXPECT_GT(needed(batch + batch / 8 + 8), b.fake.device.memoryBytes);
  b.project.training.batch = batch;
  EXPECT_TRUE(b.create().ok());
  b.fake.device.memoryBytes = needed(1) - 1;
  EXPECT_EQ(largestFittingBatch(b.project.network, b.project.training, data->info, b.fake), 0);
}

class TrainerDepth : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Depths, TrainerDepth, testing::Values(1, 2, 3));

TEST_P(TrainerDepth, RunsAllEpochsEvaluatesAndTests) {
  Bench b;
  b.fake.device.depth = GetParam();
  const auto data = b.data();
  const auto perEpoch = static_cast<std::int64_t>(data->part(SplitPart::Train).size()) / kBatch;
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
    EXPECT_EQ(b.listener.steps[i].rows, kBatch);
  }
  using S = TrainState;
  EXPECT_EQ(b.listener.states(),
            (std::vector<S>{S::Running, S::Evaluating, S::Running, S::Evaluating, S::Running, S::Evaluating,
                            S::Running, S::Evaluating, S::Finished}));
  EXPECT_EQ(b.listener.of(EventKind::Checkpoint).size(), 3u);
  EXPECT_EQ(b.listener.of(EventKind::TestResult).size(), 1u);
  EXPECT_TRUE(fs::exists(result.weights));
}

TEST(Trainer, AveragesAreWeightedByRows) {
  Bench b;
  const auto data = b.data();
  const TrainResult result = b.train();
  // The fake device answers an evaluation with the mean first feature of the valid rows. The last batch
  // of the test part is short: only weighting by rows gives the mean over the part.
  const auto meanFirst = [&](SplitPart part) {
    double sum = 0;
    std::vector<float> row(2);
    std::vector<std::int32_t> label(1);
    for (const std::int64_t index : data->part(part)) {
      data->gather(std::span(&index, 1), row.data(), label.data());
      sum += row[0];
    }
    return sum / static_cast<double>(data->part(part).size());
  };
  ASSERT_NE(data->part(SplitPart::Test).size() % kBatch, 0u);
  EXPECT_NEAR(result.test[0], meanFirst(SplitPart::Test), 1e-6);
  const auto epochs = b.listener.of(EventKind::Epoch);
  ASSERT_EQ(epochs.size(), 3u);
  EXPECT_NEAR(epochs[1].epoch.validation[0], meanFirst(SplitPart::Validation), 1e-6);
  double sum = 0;
  for (const StepRecord& record : b.listener.steps)
    if (record.epoch == 2) sum += record.values[0];
  EXPECT_NEAR(epochs[1].epoch.train[0], sum * 3 / static_cast<double>(b.listener.steps.size()), 1e-5);
}

TEST(ReportSums, TakesRootsAfterAveraging) {
  const std::vector<ReportSlot> slots = {{"loss", 0, false, false}, {"rmse", 1, true, false}};
  ReportSums sums;
  ReportValues values{};
  values[0] = 1, values[1] = 4;
  sums.add(values, 30);
  values[0] = 3, values[1] = 16;
  sums.add(values, 10);
  EXPECT_FLOAT_EQ(sums.means(slots)[0], 1.5f);
  EXPECT_FLOAT_EQ(sums.means(slots)[1], std::sqrt(7.0f));
}

TEST(Trainer, FollowsTheSchedule) {
  Bench b;
  b.project.training.schedule.kind = ScheduleKind::Exponential;
  b.project.training.schedule.gamma = 0.5;
  b.project.training.schedule.warmupSteps = 2;
  b.train();
  const float base = static_cast<float>(b.project.training.optimizer.learningRate);
  EXPECT_FLOAT_EQ(b.listener.steps[0].learningRate, base / 2);
  EXPECT_FLOAT_EQ(b.listener.steps[1].learningRate, base);
  EXPECT_FLOAT_EQ(b.listener.steps.back().learningRate, base / 4);
}

TEST(Trainer, PausesStepsResumesAndStops) {
  Bench b;
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
  // The pauses of 60 ms are not in the time.
  for (std::size_t i = 1; i < b.listener.steps.size(); ++i)
    EXPECT_GE(b.listener.steps[i].wallSeconds, b.listener.steps[i - 1].wallSeconds);
}

TEST(Trainer, ThePausedTimeIsNotCounted) {
  Bench b;
  b.project.training.epochs = 1;
  auto t = b.trainer();
  t->pause();
  t->start();
  b.listener.waitForState(TrainState::Paused);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(b.listener.stepCount(), 0u);
  t->resume();
  EXPECT_LT(t->join().seconds, 0.25);
}

TEST(Trainer, StopsWhilePausedAndWhileDestroyed) {
  Bench b;
  b.project.training.epochs = 100'000;
  auto t = b.trainer();
  t->step();
  t->start();
  b.listener.waitForState(TrainState::Paused);
  EXPECT_EQ(b.listener.stepCount(), 1u);
  t->stop();
  EXPECT_EQ(t->join().state, TrainState::Stopped);
  Bench c;
  c.project.training.epochs = 100'000;
  auto running = c.trainer();
  running->start();
  c.listener.waitForSteps(3);
  running.reset();
  EXPECT_EQ(c.listener.states().back(), TrainState::Stopped);
  Bench d;
  EXPECT_EQ(d.trainer()->join().state, TrainState::Preparing);  // never started
}

TEST(Trainer, TakesANewLearningRateWhileItRuns) {
  Bench b;
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
  EXPECT_EQ(b.listener.of(EventKind::LearningRate).back().text, "0.0625");
  ASSERT_EQ(b.listener.of(EventKind::Note).size(), 1u);
  EXPECT_NE(b.listener.of(EventKind::Note)[0].text.find("positive"), std::string::npos);
  EXPECT_EQ(loadCheckpoint(result.weights)->baseLearningRate, 0.0625);
}

TEST_P(TrainerDepth, ANanLossStopsAndKeepsTheLastCheckpoint) {
  Bench b;
  b.fake.device.depth = GetParam();
  b.fake.device.nanAtStep = 12;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::Numeric);
  EXPECT_NE(result.error->text().find("NaN at step 12 (learning rate 0.01)"), std::string::npos)
      << result.error->text();
  EXPECT_NE(result.error->hint.find("lower learning rate"), std::string::npos);
  EXPECT_EQ(b.listener.of(EventKind::Error).size(), 1u);
  EXPECT_EQ(b.listener.states().back(), TrainState::Failed);
  EXPECT_EQ(b.listener.steps.size(), 12u);
  EXPECT_EQ(loadCheckpoint(result.weights)->step, 9);
  EXPECT_EQ(b.fake.device.misuses, 0);
}

TEST_P(TrainerDepth, ADeviceErrorEndsTheRun) {
  Bench b;
  b.fake.device.depth = GetParam();
  b.fake.device.failAtStep = 5;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->code, ErrorCode::DeviceLost);
  EXPECT_EQ(b.fake.device.misuses, 0);
}

TEST(Trainer, ABugEndsTheRunNotTheProgram) {
  Bench b;
  b.fake.device.throwAtStep1 = true;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Failed);
  ASSERT_TRUE(result.error);
  EXPECT_NE(result.error->message.find("the fake device has a mistake"), std::string::npos);
}

TEST(Trainer, StopsEarlyWhenTheLossNoLongerFalls) {
  Bench b;
  b.project.training.epochs = 50;
  b.project.training.earlyStoppingPatience = 2;
  b.fake.device.constantValidation = 1;
  const TrainResult result = b.train();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_TRUE(result.hasTest);
  EXPECT_EQ(b.listener.of(EventKind::Note).size(), 1u);
}

TEST(Trainer, ReducesTheRateOnAPlateau) {
  Bench b;
  b.project.training.schedule.kind = ScheduleKind::ReduceOnPlateau;
  b.project.training.schedule.patience = 1;
  b.project.training.schedule.gamma = 0.5;
  b.fake.device.constantValidation = 1;
  b.train();
  EXPECT_EQ(b.listener.steps[9].learningRate, 0.01f);
  EXPECT_EQ(b.listener.steps.back().learningRate, 0.005f);
  EXPECT_EQ(b.listener.of(EventKind::LearningRate).front().text, "0.005");
}

TEST(Trainer, RefusesAFolderItCannotWrite) {
  Bench b;
  std::ofstream(b.folder / "file") << "x";
  b.runFolder = b.folder / "file/run";
  const auto made = b.create();
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().text().find("file/run"), std::string::npos) << made.error().text();
}

TEST(Trainer, GoesOnWhenACheckpointCannotBeWritten) {
  Bench b;
  auto t = b.trainer();
  fs::create_directories(b.runFolder / "checkpoint.h5" / "in the way");
  t->start();
  TrainResult result = t->join();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_EQ(result.epochs, 3);
  EXPECT_TRUE(result.hasTest);
  ASSERT_TRUE(result.error);
  EXPECT_NE(result.error->text().find("checkpoint.h5"), std::string::npos);
  EXPECT_TRUE(result.weights.empty());
  EXPECT_EQ(b.listener.of(EventKind::Error).size(), 1u);  // three checkpoints failed, for one reason

  Bench healed;  // in the way for the first epoch only
  auto second = healed.trainer();
  fs::create_directories(healed.runFolder / "checkpoint.h5");
  healed.listener.atStep = [&](std::int64_t step) {
    if (step == 12) fs::remove(healed.runFolder / "checkpoint.h5");
  };
  second->start();
  result = second->join();
  EXPECT_FALSE(result.error);
  EXPECT_EQ(healed.listener.of(EventKind::Error).size(), 1u);
  const auto notes = healed.listener.of(EventKind::Note);
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const TrainEvent& e) { return e.text == "Checkpoints are written again"; }));
  EXPECT_EQ(loadCheckpoint(result.weights)->epoch, 3);
}

TEST(Trainer, ProfilesNowAndThen) {
  Bench b;
  b.project.training.epochs = 10;
  b.train();
  ASSERT_FALSE(b.listener.profiles.empty());
  EXPECT_EQ(b.fake.device.profiledPasses, static_cast<std::int64_t>(b.listener.profiles.size()));
  const ProfileRecord& profile = b.listener.profiles.front();
  EXPECT_GT(profile.forward, 0);
  EXPECT_GT(profile.backward, 0);
  EXPECT_GT(profile.update, 0);
  EXPECT_GT(profile.memory.weights, 0u);
  ASSERT_FALSE(profile.layers.empty());
  bool dense = false;
  for (const auto& layer : profile.layers)
    dense = dense || (layer.layer == "dense_2" && layer.forward > 0 && layer.backward > 0);
  EXPECT_TRUE(dense);
}

TEST(Trainer, RefusesToResumeAnotherNetwork) {
  Bench b;
  b.project.training.epochs = 1;
  const TrainResult result = b.train();
  b.resumeFrom = result.weights;
  b.project.training.batch = 8;
  EXPECT_NE(b.create().error().text().find("another batch size"), std::string::npos);
  b.project = smallProject();
  ASSERT_TRUE(
      b.project.network.setProperty(b.project.network.findByName("dense")->id, "units", std::int64_t{5})
          .ok());
  const auto other = b.create();
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().text().find("another network"), std::string::npos);
  b.resumeFrom = b.folder / "none.h5";
  EXPECT_EQ(b.create().error().code, ErrorCode::NotFound);
}

TEST(Trainer, ResumingAFinishedRunTestsItAgain) {
  Bench b;
  const TrainResult first = b.train();
  Bench again;
  again.resumeFrom = first.weights;
  const TrainResult second = again.train();
  EXPECT_EQ(second.state, TrainState::Finished);
  EXPECT_EQ(second.steps, first.steps);
  EXPECT_TRUE(again.listener.steps.empty());
  EXPECT_EQ(second.test, first.test);
  EXPECT_TRUE(fs::exists(second.weights));
}

// Runs once without interruption, then stops after `stopAt` steps and resumes; all that is told must be
// equal.
void expectBitEqualResume(Backend* backend, const Project& project, std::int64_t stopAt) {
  SCOPED_TRACE("stopped at step " + std::to_string(stopAt));
  Bench whole, first, second;
  for (Bench* b : {&whole, &first, &second}) {
    b->backend = backend;
    b->project = project;
  }
  const TrainResult wholeResult = whole.train();
  ASSERT_EQ(wholeResult.state, TrainState::Finished) << wholeResult.error->text();

  auto t = first.trainer();
  first.listener.atStep = [&](std::int64_t step) {
    if (step == stopAt) t->stop();
  };
  t->start();
  const TrainResult firstResult = t->join();
  ASSERT_EQ(firstResult.state, TrainState::Stopped);
  ASSERT_GE(firstResult.steps, stopAt);
  ASSERT_LT(firstResult.steps, wholeResult.steps);

  second.resumeFrom = firstResult.weights;
  const TrainResult secondResult = second.train();
  ASSERT_EQ(secondResult.state, TrainState::Finished) << secondResult.error->text();
  std::vector<float> joined = losses(first.listener);
  for (const float loss : losses(second.listener)) joined.push_back(loss);
  EXPECT_EQ(joined, losses(whole.listener));
  EXPECT_EQ(secondResult.test, wholeResult.test);
  EXPECT_EQ(second.listener.of(EventKind::Epoch).back().epoch.train,
            whole.listener.of(EventKind::Epoch).back().epoch.train);
  const auto a = loadCheckpoint(wholeResult.weights), b = loadCheckpoint(secondResult.weights);
  ASSERT_TRUE(a.ok() && b.ok());
  for (std::size_t i = 0; i < a->parameters.size(); ++i)
    EXPECT_EQ(a->parameters[i].values, b->parameters[i].values);
  for (std::size_t i = 0; i < a->states.size(); ++i) EXPECT_EQ(a->states[i].values, b->states[i].values);
  EXPECT_EQ(a->optimizer, b->optimizer);
  EXPECT_EQ(a->lossScale, b->lossScale);
  EXPECT_EQ(a->lossScale.empty(), project.training.device.precision != Precision::Fp16);
}

TEST_P(TrainerDepth, ResumesBitEqualAnywhere) {
  FakeBackend fake;
  fake.device.depth = GetParam();
  // In an epoch, at its last step (the evaluation is then made up for), at the first of the next.
  for (const std::int64_t stopAt : {1, 5, 9, 10, 18, 22}) expectBitEqualResume(&fake, smallProject(), stopAt);
}

TEST(TrainerOnCpu, ResumesBitEqualAnywhere) {
  const auto cpu = DeviceRegistry::instance().backendFor("cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.error().text();
  Project project = smallProject();
  // Dropout and batch norm carry random counters and running statistics along.
  Network& network = project.network;
  const LayerId dense = network.findByName("dense")->id, next = network.findByName("dense_2")->id;
  const LayerId norm = *network.add("batch_norm", "norm"), drop = *network.add("dropout", "drop");
  ASSERT_TRUE(network.connect(dense, norm).ok());
  ASSERT_TRUE(network.connect(norm, drop).ok());
  ASSERT_TRUE(network.connect(drop, next).ok());
  for (const OptimizerKind kind : {OptimizerKind::Adam, OptimizerKind::Sgd, OptimizerKind::RmsProp}) {
    project.training.optimizer.kind = kind;
    project.training.schedule.kind = ScheduleKind::Cosine;
    for (const std::int64_t stopAt : {4, 9, 14}) expectBitEqualResume(*cpu, project, stopAt);
  }
  // The checkpoint holds the weights of each repetition, and the group that says so.
  ASSERT_TRUE(network.setRepeat(*network.group({norm, drop, next}), 3).ok());
  expectBitEqualResume(*cpu, project, 11);
  for (const Precision precision : {Precision::Bf16, Precision::Fp16}) {
    project.training.device.precision = precision;
    expectBitEqualResume(*cpu, project, 14);
  }
}

TEST(TrainerOnCpu, LearnsTwoMoons) {
  const auto cpu = DeviceRegistry::instance().backendFor("cpu");
  ASSERT_TRUE(cpu.ok()) << cpu.error().text();
  Bench b;
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
