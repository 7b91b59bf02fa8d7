// The recorded runs: one SQLite database (WAL mode) in the runs folder, and one folder per run for its
// checkpoints. The database holds everything that comparisons need, and the UI reads the same rows.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/runs/run_state.h"
#include "core/runs/step_span.h"
#include "core/train/trainer.h"

namespace tandem {

// The summary of a run for lists.
struct RunSummary {
  std::int64_t id = 0;
  std::string name;     // "Fashion-MNIST CNN #3"
  std::string device;   // "cpu, 2 threads"
  std::string started;  // ISO 8601, UTC
  RunState state = RunState::Interrupted;
  std::string error;
  std::int64_t steps = 0;
  std::int32_t epochs = 0;
  double seconds = 0, samplesPerSecond = 0;
  std::optional<double> trainLoss, validationLoss;  // of the last epoch
  BestEpoch best;                                   // so far, with the weights used by default
  std::optional<double> testMetric;                 // of the first metric, with these weights
  std::string metricName;
  std::filesystem::path folder;
  std::filesystem::path weights;
  std::vector<std::string> tags;
  std::string notes;
  std::optional<double> joules;  // used by the device; absent if not measured
  bool imported = false;         // from a file: it ran on the machine named in its environment
  bool operator==(const RunSummary&) const = default;

  // The loss that lists show: on the validation set, or on the training set if there is none.
  std::optional<double> listedLoss() const { return validationLoss ? validationLoss : trainLoss; }
};

struct RunInfo : RunSummary {
  std::string uid;  // unchanged by export and import
  std::string projectJson;
  std::vector<std::pair<std::string, std::string>> environment;  // machine, processor, versions, commit
  std::string data;                                              // its fingerprint; empty: not known
  std::string initialWeights;  // the fingerprint of those from a file; empty: none or not known
  std::string preprocessing;   // of the data, as JSON (core/network/preprocessing_json.h); empty: not known
  std::string kernels;         // "adam_update: avx, matmul: onednn small"; empty: not known
};

enum class RunEventKind : std::uint8_t { LearningRate, Schedule, Checkpoint, Note, Error };
inline constexpr int kRunEventKinds = 5;
std::string_view nameOf(RunEventKind kind);  // "learning_rate", "schedule", ...

struct RunEvent {
  std::int64_t step = 0;  // completed at that time
  double seconds = 0;     // since the start of training, without pauses
  RunEventKind kind = RunEventKind::Note;
  std::string text;
  double value = 0;  // LearningRate (changed by the user), Schedule: the base rate as of the next step
};

struct RunCurves {
  std::vector<ReportSlot> slots;
  std::vector<StepRecord> steps;
  std::vector<StepSpan> thinned;  // a range of steps that are summarized instead (step_log.h); usually empty
  std::vector<EpochRecord> epochs;
  std::vector<ProfileRecord> profiles;
  std::vector<RunEvent> events;
  std::vector<ReadingRecord> readings;
  std::vector<ReportMatrix> matrices;     // what those of the epochs are; long runs lack some
  std::vector<ClassCounts> testMatrices;  // by `matrices`; empty without a test result
};

// The complete record of a run, without weights.
struct RecordedRun {
  RunInfo info;
  RunCurves curves;
};

// Observer that records a run within the store's limit: steps are thinned as step_log.h describes; of older epochs,
// matrices and layer timings, half are dropped, but never the extremes of the loss or the best epoch; device readings are recorded less often
// after an hour. Steps go through a ring to a writer thread; a full disk ends the recording with an Error in
// problem(), never the training.
class RunRecorder : public TrainObserver {
 public:
  ~RunRecorder() override;
  std::int64_t id() const;
  const std::filesystem::path& folder() const;
  // Writes the remaining data and the result. Call after Trainer::join().
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

// What a run needs in the database.
struct RecordSize {
  std::int64_t bytes = 0;
  std::optional<std::int64_t> limit;  // when it was recorded
};

// Tags as users write them: "baseline, wide".
std::string tagsText(const std::vector<std::string>& tags);

class RunStore {
 public:
  // How long deleted runs can be restored, in seconds.
  static constexpr std::int64_t kTrashSeconds = 24 * 3600;

  // folder: created if missing. Default: $TANDEM_RUNS, else $XDG_DATA_HOME/tandem/runs, else
  // $HOME/.local/share/tandem/runs, else the same in the working directory; warn the user then.
  static std::filesystem::path defaultFolder();
  static bool defaultIsWorkingDirectory();
  static Result<std::unique_ptr<RunStore>> open(const std::filesystem::path& folder);
  ~RunStore();
  const std::filesystem::path& folder() const;
  bool readOnly() const;  // runs can be listed and exported, but neither recorded nor edited

  // dataFingerprint: of the training data (core/data/fingerprint.h); empty: unknown. initialWeights: the fingerprint of
  // those that the run starts with; empty: none from a file.
  Result<std::unique_ptr<RunRecorder>> begin(const Project& project, const std::string& deviceText,
                                             const std::string& dataFingerprint = {},
                                             const Preprocessing& preprocessing = {},
                                             const std::string& initialWeights = {});
  // Newest first; runs whose process died are RunState::Interrupted. Only trash() lists deleted runs.
  Result<std::vector<RunSummary>> list() const;
  Result<std::vector<RunSummary>> trash() const;
  Result<RunInfo> info(std::int64_t id) const;
  Result<RecordSize> recordSize(std::int64_t id) const;
  // Callable from any thread; long runs do not block the calls above.
  Result<RunCurves> curves(std::int64_t id) const;

  // How much the record of each new run may need, without its checkpoints.
  static constexpr std::int64_t kDefaultLimit = 64'000'000, kSmallestLimit = 1'000'000,
                                kLargestLimit = 1'000'000'000'000;  // bytes
  Result<std::int64_t> recordLimit() const;
  Status setRecordLimit(std::int64_t bytes);

  Status rename(std::int64_t id, const std::string& name);
  // Replaces all tags, separated by commas. Empty and duplicate tags are dropped. At most 64 of 100 bytes.
  Status setTags(std::int64_t id, std::string_view tags);
  Status setNotes(std::int64_t id, const std::string& notes);
  // The checkpoint of a run, where it could not be stored in the run's folder.
  Status setWeights(std::int64_t id, const std::filesystem::path& checkpoint);

  // Adds a run from another record. A run in the trash is restored. Errors: the run already exists.
  Result<std::int64_t> add(const RecordedRun& run);

  // Moves a run to the trash: it is hidden, its files remain. Runs trashed for longer than kTrashSeconds are
  // deleted when the record is next opened.
  Status remove(std::int64_t id);
  Status restore(std::int64_t id);
  Status emptyTrash();
  // Permanently deletes a run that did not start.
  Status discard(std::int64_t id);

  struct Impl;

 private:
  explicit RunStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
