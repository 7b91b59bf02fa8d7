// The trainer's implementation: what create() builds (trainer.cpp) and the loop on the trainer's thread
// (train_loop.cpp).
#pragma once

#include <chrono>
#include <mutex>
#include <thread>

#include "core/train/controls.h"
#include "core/train/device_sampler.h"
#include "core/train/loss_watch.h"
#include "core/train/pipeline.h"
#include "core/train/report_sums.h"
#include "core/train/trainer.h"

namespace tandem {

// The position of a run: everything in a checkpoint besides the session's blocks.
struct RunPosition {
  std::int64_t step = 0;
  std::int32_t epoch = 0;         // completed
  std::int64_t batchInEpoch = 0;  // completed in the epoch in progress
  double baseRate = 0;
  LossWatch watch;
  BestEpoch best;
  ReportSums sums;               // of the epoch in progress
  double epochTrainSeconds = 0;  // of the epoch in progress
};

struct Trainer::Impl {
  using Clock = Pipeline::Clock;
  enum class Flow { Run, One, Stop };  // continue; continue for one step; stop

  // Set by create().
  TrainerSetup setup;
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<Session> session;
  std::unique_ptr<BatchLoader> trainLoader, validationLoader;
  std::int64_t batchesPerEpoch = 0;
  int lossSlot = 0;
  int scaleSlot = -1;  // of the loss scale, if there is one
  ReportSlot monitored;
  double startRate = 0;
  RunPosition at;
  double clockBase = 0;  // active seconds before clockStart
  std::filesystem::path checkpointFile;
  std::unique_ptr<DeviceSampler> sampler;              // nullptr when the device has no sensor
  std::vector<NamedArray> bestParameters, bestStates;  // of the best epoch, if known

  // Used by any thread.
  Controls controls;
  std::atomic<TrainState> state{TrainState::Preparing};
  std::mutex threadMutex;  // guards thread
  std::thread thread;

  // Used by the trainer's thread; by others after join().
  TrainResult result;
  bool clockRuns = false;
  Clock::time_point clockStart;
  std::optional<Error> checkpointError;  // of the last write
  std::int32_t checkpointedEpoch = -1;   // completed epochs at the last good checkpoint
  std::int64_t lastProfileStep = 0;
  double observerSeconds = 0;  // over observedSteps steps
  int observedSteps = 0;       // since the last profile, one in kProfileSteps
  Clock::time_point lastProfile;
  double trainSeconds = 0;       // of this process
  std::int64_t trainedRows = 0;  // of this process

  // For create(): whether the checkpoint can be resumed. Normalizes the data as it was, and adds notes.
  Status acceptCheckpoint(Checkpoint& checkpoint);

  // The thread's main function: reports all errors from below.
  void run();

  // In train_loop.cpp. Errors end the run.
  Status trainAll();
  Result<Flow> trainEpoch();
  Status submitStep(Pipeline& pipeline);
  Status collectStep(Pipeline& pipeline);
  Status checkNumbers(const Pipeline::Done& done) const;
  Status profiledStep(Pipeline& pipeline);
  bool profileDue() const;
  Result<Flow> finishEpoch();
  struct Scores {
    ReportValues values{};
    std::vector<ClassCounts> matrices;
  };
  // Of a split of the data; absent if a stop was requested.
  Result<std::optional<Scores>> evaluate(BatchLoader& loader);
  Status testAll();
  // Handles pending requests. No pass may be open. Waits while paused.
  Flow applyRequests(bool training);

  // Remembers the weights if the epoch that ends is the best so far.
  Status noteBest(const EpochRecord& record);
  bool bestIsLast() const { return at.best.epoch == at.epoch && at.batchInEpoch == 0; }
  // Disk errors are reported and remembered; others (non-finite weights) end the run.
  Status writeCheckpoint();

  // Events to the observers.
  void emit(TrainEvent::What what);
  void enter(TrainState next);

  double activeSeconds(Clock::time_point now) const;
  void runClock(bool on);
};

}  // namespace tandem
