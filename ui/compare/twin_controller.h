// TwinController: runs one twin run for the window. It loads the data and opens the sides on a worker thread,
// then a timer drains their reports into a TwinViewModel within a time budget. No call blocks: signals report
// the start, progress, answers and the end.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <memory>
#include <optional>
#include <variant>

#include "core/twin/energy_line.h"
#include "core/twin/lock_step_run.h"
#include "core/twin/pair_summary.h"
#include "core/twin/race_run.h"
#include "core/twin/twin_store.h"
#include "ui/compare/prices.h"
#include "ui/compare/twin_view_model.h"

namespace tandem::ui {

struct TwinRequest {
  std::shared_ptr<const Project> project;
  std::vector<SideSpec> sides;
  bool lockStep = true;
  LockStepRun::Options lockStepOptions;
  RaceOptions raceOptions;
};

// The values of a tensor on both sides and the summary that is drawn.
struct TensorView {
  TensorPair pair;
  PairSummary summary;
};

class TwinController : public QObject {
  Q_OBJECT

 public:
  enum class Phase { Idle, Loading, Opening, Running, Ending };

  // runs: where the runs of a race are recorded; must outlive the controller. store: where twin records are
  // saved.
  TwinController(RunStore& runs, TwinStore store, QObject* parent = nullptr);
  ~TwinController() override;  // stops the sides and waits for their checkpoints

  // Finds the backend of a device: among the installed backends, unless a test replaces the lookup.
  void setLookup(BackendLookup lookup) { lookup_ = std::move(lookup); }
  const BackendLookup& lookup() const { return lookup_; }

  Phase phase() const { return phase_; }
  bool busy() const { return phase_ != Phase::Idle; }
  bool running() const { return phase_ == Phase::Running; }
  bool paused() const { return paused_; }
  double progress() const { return progress_; }  // [0, 1]: of loading, then of the twin run
  const TwinStore& store() const { return store_; }

  // Of the current twin run, the last one, or an opened record; nullptr before the first.
  const std::shared_ptr<TwinViewModel>& viewModel() const { return viewModel_; }

  void start(TwinRequest request);  // does nothing while busy()
  void cancel();                    // while Loading or Opening
  void pause();
  void resume();
  void stop();
  void open(const QString& file);  // a record; does nothing while busy(). Emits opened() or failed()
  // Change the prices or the target loss of the shown race. Its record is updated if it is in the store;
  // other files are not changed. The prices of a running race cannot be changed.
  void setPrices(const Prices& prices);
  void setTarget(std::optional<double> loss);  // absent: the lowest loss that all sides reach
  // Frees the memory of the sides after the run. The record remains.
  void release();

  // Whether the sides are still in memory and can be asked for values and causes, and why not.
  bool canAsk() const { return lockStep_ != nullptr && (running() || phase_ == Phase::Idle) && !asking_; }
  QString whyCannotAsk() const;
  // Answered for the current weights by the signals below. A running twin run is paused meanwhile.
  void askCause(const SideParity& parity, std::size_t tensor);
  void askValues(const SideParity& parity, std::size_t tensor);

 Q_SIGNALS:
  void phaseChanged();
  void progressed();
  void started();                            // viewModel() is new
  void advanced();                           // the curves have grown
  void timed();                              // the record has new times and profiles; a few times a second
  void compared();                           // the record has new comparisons or causes
  void ended();                              // the record is final
  void opened();                             // viewModel() is a record from a file
  void refused(const tandem::Error& error);  // the twin run could not start
  void failed(const tandem::Error& error);   // it ended early, or a record could not be read or saved
  void causeFound(const tandem::Cause& cause);
  void valuesRead(std::shared_ptr<tandem::ui::TensorView> view);
  void askFailed(const tandem::Error& error);

 private:
  using Opened = std::variant<std::shared_ptr<LockStepRun>, std::shared_ptr<RaceRun>>;
  struct Job {  // loading and opening: state shared by the worker and the GUI thread
    std::atomic<bool> cancelled{false};
    std::atomic<bool> loaded{false};
    std::atomic<double> progress{0};
    std::atomic<std::int64_t> trainRows{0};
  };
  struct Track {                         // data of a running side from which its figures are computed
    std::vector<double> seconds, waits;  // of the last steps
    std::vector<ProfileRecord> profiles;
    double total = 0;         // seconds of all steps
    double lastWall = -1;     // wallSeconds of the last step
    std::int32_t epoch = 0;   // of the last step
    std::int64_t wanted = 1;  // number of steps to run
    std::optional<std::size_t> lossSlot;
    EnergyLine energy;
    std::vector<std::pair<double, double>> unpriced;  // seconds, loss: steps after the last reading
  };

  // twin_controller.cpp
  void openedSides(const TwinRequest& request, Result<Opened> opened);
  void setPhase(Phase phase);
  void updateSavedRecord();
  // twin_drain.cpp
  void drain();
  bool drainLockStep();
  bool drainRace(bool all);
  bool drainSide(std::size_t side, bool all, const QElapsedTimer& clock);
  void drainEnergy(std::size_t side);
  void updateTimes();
  void beginEnding();
  void finish(TwinRecord record, const QString& file, const std::vector<Error>& errors);
  // twin_controller.cpp
  template <class Ask>
  void ask(const SideParity& parity, Ask question);

  RunStore& runs_;
  TwinStore store_;
  BackendLookup lookup_ = installedBackends();
  Phase phase_ = Phase::Idle;
  double progress_ = 0;
  bool paused_ = false;
  bool asking_ = false;
  TwinRequest request_;
  std::shared_ptr<Job> job_;
  std::shared_ptr<LockStepRun> lockStep_;
  std::shared_ptr<RaceRun> race_;
  std::shared_ptr<TwinViewModel> viewModel_;
  std::vector<Track> tracks_;
  QTimer timer_;
  QElapsedTimer sinceTimes_, sinceStart_;
  qint64 shownNs_ = 0;  // GUI thread time since the start for draining and drawing
  QThreadPool writer_;  // one thread, so that updates of a record are written in order
  QThreadPool pool_;
};

}  // namespace tandem::ui
