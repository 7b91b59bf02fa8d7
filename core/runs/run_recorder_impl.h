// The recorder's inside, made by RunStore::begin().
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/spsc_ring.h"
#include "core/runs/live_lock.h"
#include "core/runs/run_store.h"
#include "core/runs/schema.h"

namespace tandem {

// All steps of the first million are kept, then every 10th of the next ten million, and so on: curves
// keep their shape, and a run of 10^9 steps stays below 250 MB.
class StepThinning {
 public:
  static constexpr std::int64_t kPerStage = 1'000'000;  // records
  bool keeps(std::int64_t step) const { return stride_ == 1 || step % stride_ == 0; }
  void countKept() {
    if (++kept_ < kPerStage) return;
    kept_ = 0;
    stride_ *= 10;
  }

 private:
  std::int64_t stride_ = 1, kept_ = 0;
};

struct RunRecorder::Impl {
  Impl(sqlite::Database openDatabase, LiveLock liveLock, std::int64_t run, std::filesystem::path runFolder);
  ~Impl();

  // Any thread.
  void setProblem(const std::string& text);

  // Writer's thread.
  void writeLoop();
  Status flush();
  Status writeSteps();
  Status writeQueues();
  Status writeProgress();

  sqlite::Database database;
  LiveLock lock;
  const std::int64_t id;
  const std::filesystem::path folder;

  // From the trainer's thread. At 100 ms a look, full only beyond 600 000 steps a second.
  SpscRing<StepRecord> ring{1 << 16};
  StepThinning thinning;

  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::string problem;
  std::vector<EpochRecord> epochs;      // not yet written
  std::vector<ProfileRecord> profiles;  // not yet written
  std::vector<ReportSlot> slots;
  bool slotsWritten = false;
  std::optional<EpochRecord> lastEpoch;
  double lastProfileSeconds = -1e9, profileInterval = 1;
  int keptProfiles = 0;

  // Writer's thread only.
  int valueCount = 0;
  std::string blob;            // records of the row being filled
  std::int64_t blobFirst = 0;  // its first step
  std::int64_t blobRecords = 0;
  bool blobChanged = false;
  std::optional<StepRecord> lastStep;
  std::thread writer;  // last: begins when all else is there
};

}  // namespace tandem
