// The record of runs: SQLite in WAL mode, one database in the runs folder, one folder a run for its
// checkpoints. Everything a comparison needs is here; numbers on screen are read from the same rows.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/trainer.h"

namespace tandem {

struct RunInfo {
  std::int64_t id = 0;
  std::string name;     // "Fashion-MNIST CNN #3"
  std::string device;   // "cpu, 2 threads"
  std::string started;  // ISO 8601, UTC
  std::string state;    // "finished", "stopped", "failed", "running", "interrupted"
  std::string error;
  std::int64_t steps = 0;
  std::int32_t epochs = 0;
  double seconds = 0, samplesPerSecond = 0;
  double trainLoss = 0, validationLoss = 0;  // of the last epoch; NaN: not known
  double testMetric = -1;                    // of the first metric; -1: none
  std::string metricName;
  std::filesystem::path folder;
  std::filesystem::path weights;
  std::string projectJson;
  std::vector<std::pair<std::string, std::string>> environment;  // processor, threads, versions, commit
};

struct RunCurves {
  std::vector<ReportSlot> slots;
  std::vector<StepRecord> steps;
  std::vector<EpochRecord> epochs;
  std::vector<ProfileRecord> profiles;
};

// Observer that writes a run. Every step is kept up to a million; after that every 10th of the next ten
// million, every 100th of the next hundred, and so on (per recorder). Steps go through a ring to a writer
// thread; a full disk ends the recording with an Error in problem(), never the training.
class RunRecorder : public TrainObserver {
 public:
  ~RunRecorder() override;
  std::int64_t id() const;
  const std::filesystem::path& folder() const;
  // Writes what is left and the result. Call after Trainer::join().
  Status finish(const TrainResult& result);
  std::string problem() const;

  void onStart(const Plan& plan) override;
  void onStep(const StepRecord& record) override;
  void onEvent(const TrainEvent& event) override;
  void onProfile(const ProfileRecord& record) override;

 private:
  friend class RunStore;
  struct Impl;
  explicit RunRecorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class RunStore {
 public:
  // folder: created if missing. Default: $TANDEM_RUNS, else $XDG_DATA_HOME/tandem/runs.
  static std::filesystem::path defaultFolder();
  static Result<std::unique_ptr<RunStore>> open(const std::filesystem::path& folder);
  ~RunStore();
  const std::filesystem::path& folder() const;

  Result<std::unique_ptr<RunRecorder>> begin(const Project& project, const std::string& deviceText);
  Result<std::vector<RunInfo>> list() const;  // newest first; runs whose process died show "interrupted"
  Result<RunInfo> info(std::int64_t id) const;
  Result<RunCurves> curves(std::int64_t id) const;
  Status rename(std::int64_t id, const std::string& name);
  Status remove(std::int64_t id);  // the row and its folder

 private:
  struct Impl;
  explicit RunStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
