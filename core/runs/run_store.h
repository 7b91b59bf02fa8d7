// The record of runs: SQLite in WAL mode, one database in the runs folder, one folder a run for its
// checkpoints. Everything a comparison needs is here; numbers on screen are read from the same rows.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/trainer.h"

namespace tandem {

// A run as lists show it.
struct RunSummary {
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
  std::vector<std::string> tags;
  std::string notes;
  std::optional<double> joules;  // taken by the device; nothing: not measured
  bool imported = false;         // from a file: it ran on the machine that its environment names
  bool operator==(const RunSummary& other) const;  // losses that are not known are equal
};

struct RunInfo : RunSummary {
  std::string uid;  // the same wherever the run was brought
  std::string projectJson;
  std::vector<std::pair<std::string, std::string>> environment;  // machine, processor, versions, commit
  std::string data;                                              // its fingerprint; empty: not known
  std::string kernels;  // "adam_update: avx, matmul: onednn small"; empty: not known
};

enum class RunEventKind : std::uint8_t { LearningRate, Schedule, Checkpoint, Note, Error };
inline constexpr int kRunEventKinds = 5;
std::string_view nameOf(RunEventKind kind);  // "learning_rate", "schedule", ...

struct RunEvent {
  std::int64_t step = 0;  // done by then
  double seconds = 0;     // since the start of training, pauses left out
  RunEventKind kind = RunEventKind::Note;
  std::string text;
  double value = 0;  // LearningRate (changed by a person), Schedule: the base rate from the next step on
};

struct RunCurves {
  std::vector<ReportSlot> slots;
  std::vector<StepRecord> steps;
  std::vector<EpochRecord> epochs;
  std::vector<ProfileRecord> profiles;
  std::vector<RunEvent> events;
  std::vector<ReadingRecord> readings;
};

// All that is recorded of a run, but its weights.
struct RecordedRun {
  RunInfo info;
  RunCurves curves;
};

// Observer that writes a run. Every step is kept up to a million; after that every 10th of the next ten
// million, every 100th of the next hundred, and so on (per recorder); the device's readings alike, from an
// hour on, so that a hundred hours have some 100 000. Steps go through a ring to a writer thread; a full disk
// ends the recording with an Error in problem(), never the training.
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
  void onReading(const ReadingRecord& record) override;

 private:
  friend class RunStore;
  struct Impl;
  explicit RunRecorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Tags as people write them: "baseline, wide".
std::string tagsText(const std::vector<std::string>& tags);

class RunStore {
 public:
  // Deleted runs can be brought back for so long.
  static constexpr std::int64_t kTrashSeconds = 24 * 3600;

  // folder: created if missing. Default: $TANDEM_RUNS, else $XDG_DATA_HOME/tandem/runs.
  static std::filesystem::path defaultFolder();
  static Result<std::unique_ptr<RunStore>> open(const std::filesystem::path& folder);
  ~RunStore();
  const std::filesystem::path& folder() const;

  // dataFingerprint: of what it trains on (core/data/fingerprint.h); empty: not known.
  Result<std::unique_ptr<RunRecorder>> begin(const Project& project, const std::string& deviceText,
                                             const std::string& dataFingerprint = {});
  // Newest first; runs whose process died show "interrupted". Deleted ones are in trash(), and only there.
  Result<std::vector<RunSummary>> list() const;
  Result<std::vector<RunSummary>> trash() const;
  Result<RunInfo> info(std::int64_t id) const;
  // Any thread; does not hold up the calls above, however long the run.
  Result<RunCurves> curves(std::int64_t id) const;

  Status rename(std::int64_t id, const std::string& name);
  // All tags, with commas between. Empty and repeated ones are left out. At most 64, of 100 bytes.
  Status setTags(std::int64_t id, std::string_view tags);
  Status setNotes(std::int64_t id, const std::string& notes);

  // A run from another record. Errors: it is here already. One that is in the trash comes back from there.
  Result<std::int64_t> add(const RecordedRun& run);

  // Into the trash: hidden, its files kept. What has been there for longer than kTrashSeconds goes when
  // the record is next opened.
  Status remove(std::int64_t id);
  Status restore(std::int64_t id);
  Status emptyTrash();
  // For good and at once: of a run that did not come to start.
  Status discard(std::int64_t id);

  struct Impl;

 private:
  explicit RunStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
