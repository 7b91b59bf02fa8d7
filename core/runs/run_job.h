// One training run from its request to its record, for every client: command line, lab, races and verification.
// loadRun() reads and checks the data; RunJob::prepare() compiles, tests the memory and begins the record; only the job
// completes or discards it. A run that cannot start is not recorded.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/runs/run_store.h"
#include "core/runtime/registry.h"
#include "core/train/telemetry.h"

namespace tandem {

struct RunRequest {
  Project project;
  std::optional<std::filesystem::path> resume;  // a checkpoint of the same network and settings
  std::int64_t steps = 0;                       // at most; 0: until the end
  std::vector<TrainObserver*> observers;        // besides the telemetry and the record; must outlive the job
  std::vector<std::string> notes;               // recorded at the start
  std::map<std::int64_t, double> baseRates;     // see TrainerSetup
  BackendLookup lookup = installedBackends();
};

// Reads the training data of a project. Errors: it cannot be read, or does not fit the network.
Result<std::shared_ptr<const Dataset>> loadChecked(const Project& project, const LoadProgress& progress = {});

// What loadRun() found for a request.
struct RunData {
  std::shared_ptr<const Dataset> data;
  Backend* backend = nullptr;
  std::string fingerprint;  // of the data; computed by the trainer if empty
};

// Errors: a missing device, and those of loadChecked().
Result<RunData> loadRun(const RunRequest& request, const LoadProgress& progress = {});

// What remains if a run does not fit the memory of its device.
struct MemoryRemedies {
  std::int64_t batch = 0;  // the largest that would fit; 0: none, or the batch is fixed by a checkpoint
  bool cpu = false;        // the run would fit on the CPU
};
MemoryRemedies memoryRemedies(const RunRequest& request, const RunData& data);

struct RunOutcome {
  TrainResult result;
  std::optional<Error> recordError;  // the run has ended, but its record is incomplete
};

class RunJob {
 public:
  // store: where the run is recorded, must outlive the job; nullptr: nowhere, and its files are temporary.
  // Errors name the layer, file or setting, or a lack of memory; the store then contains nothing new.
  static Result<std::unique_ptr<RunJob>> prepare(const RunRequest& request, const RunData& data,
                                                 RunStore* store, const Cancelled& cancelled = {});
  ~RunJob();  // discards a run that has not started; otherwise stops it and completes its record

  // From any thread, as in Trainer; start() only once.
  void start();
  void pause();
  void resume();
  void step();
  void stop();
  void setLearningRate(double rate);

  bool ended() const;  // finish() does not wait
  // Waits for the end and completes the record. The same outcome each time.
  const RunOutcome& finish();

  std::int64_t id() const;                      // of the record; 0: none
  const std::filesystem::path& folder() const;  // for its checkpoint
  const Plan& plan() const;
  Backend& backend() const;
  Telemetry& telemetry();
  std::vector<SensorGap> sensorGaps() const;
  std::string limitation() const;
  double startLearningRate() const;

 private:
  struct Impl;
  explicit RunJob(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
