// TrainController: the training run of a window. It loads data and compiles on a worker thread, then drains
// the trainer's telemetry into a RunSeries on a timer with a time budget. Nothing here blocks: starting,
// stopping and the end of a run are reported by signals.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "core/runs/run_job.h"
#include "ui/train/run_series.h"

namespace tandem::ui {

class TrainController : public QObject {
  Q_OBJECT

 public:
  enum class Phase { Idle, Loading, Compiling, Training, Ending };
  enum class StartMode { Run, OneStep };

  struct RunStatus {
    Phase phase = Phase::Idle;
    TrainState state = TrainState::Preparing;
    double progress = 0;  // [0, 1]: of loading, then of the whole run
    std::int64_t step = 0, totalSteps = 0;
    std::int32_t epoch = 0, epochs = 0;
    double samplesPerSecond = 0;  // over roughly the last second
    double secondsLeft = -1;      // -1: not known yet
    double loss = 0;              // of the last step
  };

  // store: where runs are recorded; must outlive the controller.
  explicit TrainController(RunStore& store, QObject* parent = nullptr);
  ~TrainController() override;  // stops the run and waits for its checkpoint

  bool stopping() const { return busy() && cancel_; }
  bool busy() const { return status_.phase != Phase::Idle; }
  bool training() const { return status_.phase == Phase::Training; }
  bool paused() const { return training() && status_.state == TrainState::Paused; }
  const RunStatus& status() const { return status_; }
  // The run in progress, or the last one; nullptr before the first.
  std::shared_ptr<RunSeries> series() const { return series_; }
  std::int64_t runId() const { return series_ != nullptr ? series_->id : 0; }
  // The result of the last run that ended.
  const std::optional<TrainResult>& lastResult() const { return lastResult_; }
  // The state of a run whose checkpoint could not be written, until it is saved elsewhere; nullptr if there is none.
  std::shared_ptr<const Checkpoint> unsaved() const { return unsaved_; }
  // It was saved to this file, or is not wanted (empty).
  Status settleUnsaved(const std::filesystem::path& file);

  // The checkpoint from which the last run can be resumed: its own last one, or else the one it was resumed
  // from. Empty if there is none.
  const std::filesystem::path& checkpoint() const { return checkpoint_; }
  // Sets the source of backends; the installed ones by default, others in tests.
  void setLookup(BackendLookup lookup) { lookup_ = std::move(lookup); }

  // Does nothing while busy(). resume: a checkpoint of the same network and settings.
  void start(const std::shared_ptr<const Project>& project, std::optional<std::filesystem::path> resume = {},
             StartMode mode = StartMode::Run);
  void pause();
  void resume();
  void step();  // one step of a paused run
  void stop();  // also cancels loading
  // Changes the base learning rate of the current run, which the schedule scales. The project is unchanged.
  void setLearningRate(double rate);
  double learningRate() const { return learningRate_; }

 Q_SIGNALS:
  void statusChanged();
  void runStarted(qint64 id);  // the metrics are known and the run is in the store
  void curvesChanged();
  void runEnded(qint64 id);  // 0 when it never started
  void failed(const tandem::Error& error);
  void weightsUnsaved(const tandem::Error& error);  // unsaved() is available
  // Emitted instead of failed() if memory is insufficient. batch: the largest batch that would fit (0: none,
  // or the run resumes a checkpoint, whose batch is fixed); onCpu: the run would fit on the CPU.
  void outOfMemory(const tandem::Error& error, std::int64_t batch, bool onCpu);
  void noted(const QString& text);
  void learningRateChanged(const QString& rate);  // by the user or by the plateau schedule

 private:
  struct Prepared {
    Result<std::unique_ptr<RunJob>> job;
    MemoryRemedies remedies;  // for a lack of memory
  };
  void load();
  void loaded(const Result<RunData>& data);
  Prepared prepare(RunRequest request, const RunData& data) const;
  void prepared(Prepared& result);
  void drain(bool all);
  void updateRates();
  void handle(const TrainEvent& event);
  void beginEnding();
  void ended(const RunOutcome& outcome);
  void toIdle();
  void setPhase(Phase phase);
  template <class Work>
  void inBackground(Work work);

  RunStore& store_;
  BackendLookup lookup_ = installedBackends();
  RunStatus status_;
  RunRequest request_;
  StartMode mode_ = StartMode::Run;
  std::shared_ptr<RunSeries> series_;
  std::optional<TrainResult> lastResult_;
  std::filesystem::path checkpoint_;
  std::shared_ptr<const Checkpoint> unsaved_;
  std::int64_t unsavedRun_ = 0;

  std::shared_ptr<Prepared> prepared_;  // written by worker_, read after it has ended
  std::unique_ptr<RunJob> job_;
  bool terminal_ = false;  // the trainer has reported a terminal state
  double learningRate_ = 0;

  std::thread worker_;
  std::atomic<bool> cancel_{false};
  std::atomic<double> loadProgress_{0};
  QTimer timer_;
  QElapsedTimer sinceStatus_;
  // For the rate: rows and time at the start of the measuring window.
  double rows_ = 0, windowRows_ = 0, windowStart_ = 0;
  std::int64_t firstStep_ = -1;
  double firstSeconds_ = 0, seconds_ = 0;
};

}  // namespace tandem::ui
