// The trainer: a thread that feeds batches to a Session, applies schedules, evaluates and writes checkpoints.
// It is device-independent. All controls may be called from any thread and return immediately.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/compile/compile.h"
#include "core/train/checkpoint.h"
#include "core/train/energy_meter.h"
#include "core/train/observer.h"

namespace tandem {

struct TrainerSetup {
  Project project;
  std::shared_ptr<const Dataset> data;
  Backend* backend = nullptr;
  std::filesystem::path folder;  // of this run, for checkpoints and weights; created if missing
  std::optional<std::filesystem::path> resume;  // a checkpoint of the same network and settings
  std::vector<TrainObserver*> observers;
  std::vector<std::string> notes;  // emitted at the start and thus recorded
  // To repeat manual rate changes: base rates by the number of completed steps from which they apply.
  std::map<std::int64_t, double> baseRates;
  std::string dataFingerprint;  // core/data/fingerprint.h; computed if empty
  std::string
      initialWeightsFingerprint;  // core/train/initial_weights.h; set by create() if the run starts with some
  // Called by create() after all checks, before it prepares the folder: records the run, may set the folder and add
  // observers.
  // `data` is then normalized as the run uses it.
  std::function<Status(TrainerSetup&)> begin;
  Cancelled cancelled;  // asked while the trainer is created, on that thread
};

struct TrainResult {
  TrainState state = TrainState::Preparing;
  std::optional<Error> error;
  std::int64_t steps = 0;
  std::int32_t epochs = 0;
  double seconds = 0;           // training and evaluation
  double samplesPerSecond = 0;  // of training
  std::vector<ReportSlot> slots;
  std::array<float, kReportSlots> test{};  // on the test set, with the weights of the best epoch
  bool hasTest = false;
  std::vector<ReportMatrix> matrices;
  std::vector<ClassCounts> testMatrices;  // by `matrices`; empty without a test set
  BestEpoch best;
  std::optional<RunEnergy> energy;  // of the device, without pauses; absent if it reports no power
  std::filesystem::path weights;    // the last checkpoint; empty if none could be written
  // The state that the last attempt to write a checkpoint could not store; nullptr if there is none. Write it with
  // saveCheckpoint() to another place.
  std::shared_ptr<const Checkpoint> unsaved;
};

class Trainer {
 public:
  static constexpr const char* kCheckpointName = "checkpoint.h5";  // in TrainerSetup::folder

  // Compiles and allocates; start() starts the run. Errors name the layer, file or setting; nothing is recorded then.
  static Result<std::unique_ptr<Trainer>> create(TrainerSetup setup);
  ~Trainer();  // stops and joins

  void start();
  void pause();
  void resume();
  void step();                        // one step, then paused
  void stop();                        // after the current step; writes a checkpoint
  void setLearningRate(double rate);  // the base rate that the schedule scales
  // The base rate at the start: the project's, or the checkpoint's if the run was resumed.
  double startLearningRate() const;

  // The values that the device's sensor cannot read, with the reasons.
  std::vector<SensorGap> sensorGaps() const;
  // Session::limitation(), which is also a note of the record.
  std::string limitation() const;

  TrainState state() const;
  const Plan& plan() const;
  TrainResult join();  // waits for the end

 private:
  struct Impl;
  explicit Trainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
