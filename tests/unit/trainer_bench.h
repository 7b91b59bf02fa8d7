// Shared by tests of the trainer: a small project, a predictable device and a listener.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "core/train/trainer.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {

// Stores all events and lets a test wait for them.
class TrainListener : public TrainObserver {
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
  // Waits until the state has been entered `times` times.
  void waitForState(TrainState state, int times = 1) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count(state) >= times; }));
  }
  std::size_t stepCount() {
    const std::lock_guard lock(mutex_);
    return steps.size();
  }
  template <class What>
  std::vector<What> of() const {
    std::vector<What> found;
    for (const TrainEvent& event : events)
      if (const auto* what = std::get_if<What>(&event.what)) found.push_back(*what);
    return found;
  }
  std::vector<TrainState> states() const {
    std::vector<TrainState> list;
    for (const StateChange& to : of<StateChange>()) list.push_back(to.state);
    return list;
  }

  std::vector<StepRecord> steps;
  std::vector<TrainEvent> events;
  std::vector<ProfileRecord> profiles;
  int starts = 0;
  std::function<void(std::int64_t)> atStep;  // on the trainer's thread

 private:
  int count(TrainState state) const { return static_cast<int>(std::ranges::count(states(), state)); }
  std::mutex mutex_;
  std::condition_variable changed_;
};

inline constexpr std::int64_t kTrainerBatch = 16;

// 200 points: 40 for the test, 16 for validation, 144 for training; 9 batches per epoch.
inline Project spiralsProject() {
  Project p = *projectFromTemplate("Two spirals");
  p.data.count = 200;
  p.training.batch = kTrainerBatch;
  p.training.epochs = 3;
  return p;
}

// The inputs of a run, which tests can change before creating it.
struct TrainerBench {
  FakeBackend fake;
  Backend* backend = &fake;
  TemporaryFolder folder;
  Project project = spiralsProject();
  TrainListener listener;
  std::optional<std::filesystem::path> resumeFrom;
  std::filesystem::path runFolder = folder / "run";

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

// With 1, 2 and 3 passes in flight.
class TrainerDepth : public ::testing::TestWithParam<int> {};

}  // namespace tandem
