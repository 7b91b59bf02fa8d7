// Implementation of the recorder, which RunStore::begin() creates.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/spsc_ring.h"
#include "core/runs/live_lock.h"
#include "core/runs/run_store.h"
#include "core/runs/schema.h"
#include "core/runs/step_log.h"

namespace tandem {

// Records all of the first `perStage`, then every 10th of the next ten times as many, and so on.
class Thinning {
 public:
  static constexpr std::int64_t kCheckpoints = 300;
  explicit Thinning(std::int64_t perStage) : perStage_(perStage) {}
  bool keeps(std::int64_t step) const { return stride_ == 1 || step % stride_ == 0; }
  void countKept() {
    if (++kept_ < perStage_) return;
    kept_ = 0;
    stride_ *= 10;
  }

 private:
  std::int64_t perStage_, stride_ = 1, kept_ = 0;
};

struct RunRecorder::Impl {
  Impl(sqlite::Database openDatabase, LiveLock liveLock, std::int64_t run, std::filesystem::path runFolder,
       std::int64_t maxBytes);
  ~Impl();

  // Called from any thread.
  void setProblem(const std::string& text);

  // Called on the writer's thread.
  void writeLoop();
  Status flush();
  Status writeQueues();
  Status writeProgress();
  // Epochs, matrices and profiles that exceed their shares of the limit.
  Status thin(int lossSlot);

  sqlite::Database database;
  LiveLock lock;
  const std::int64_t id;
  const std::filesystem::path folder;
  const std::int64_t limit;  // bytes in the database

  // Filled by the trainer's thread. Polled every 100 ms, it overflows only beyond 600 000 steps/s.
  SpscRing<StepRecord> ring{1 << 16};
  Thinning checkpointThinning{Thinning::kCheckpoints};
  std::int64_t checkpoints = 0;
  Thinning readingThinning;  // used on the sampler's thread
  std::int64_t readingsSeen = 0;

  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::string problem;
  std::vector<EpochRecord> epochs;      // not yet written
  std::vector<ProfileRecord> profiles;  // not yet written
  std::vector<RunEvent> events;         // not yet written
  std::vector<ReadingRecord> readings;  // not yet written
  std::vector<ReportSlot> slots;
  std::vector<ReportMatrix> matrices;
  std::string kernels;
  bool slotsWritten = false;
  std::optional<EpochRecord> lastEpoch;
  BestEpoch best;
  double lastProfileSeconds = -1e9, profileInterval = 1;
  int keptProfiles = 0;
  std::int64_t keptEvents = 0;

  // Used on the writer's thread only.
  int stepValues = 0;  // values per step
  std::int64_t eventsWritten = 0, readingsWritten = 0;
  std::optional<double> joules;  // at the last reading written
  StepLog steps;
  std::int64_t epochsWritten = 0;  // and not thinned
  std::int64_t matrixBytes = 0;    // written and not thinned, about
  std::size_t profileBytes = 0;    // written and not thinned
  std::optional<StepRecord> lastStep;
  std::thread writer;  // last member: starts when all others exist
};

}  // namespace tandem
