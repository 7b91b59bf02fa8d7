// TwinController: one twin run of the window. Loads data and opens the sides off the window's thread, then
// drains what they report on a timer with a time budget into a TwinViewModel. Nothing here waits: start,
// progress, answers and the end are told by signals.
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

// The values of a tensor on both sides with what is drawn of them.
struct TensorView {
  TensorPair pair;
  PairSummary summary;
};

class TwinController : public QObject {
  Q_OBJECT

 public:
  enum class Phase { Idle, Loading, Opening, Running, Ending };

  // runs: where the runs of a race are recorded; outlives the controller. kept: where twins are kept.
  TwinController(RunStore& runs, TwinStore kept, QObject* parent = nullptr);
  ~TwinController() override;  // stops the sides and waits for their checkpoints

  // Who owns a device: the installed backends, unless a test brings its own.
  void setLookup(BackendLookup lookup) { lookup_ = std::move(lookup); }
  const BackendLookup& lookup() const { return lookup_; }

  Phase phase() const { return phase_; }
  bool busy() const { return phase_ != Phase::Idle; }
  bool running() const { return phase_ == Phase::Running; }
  bool paused() const { return paused_; }
  double progress() const { return progress_; }  // [0, 1]: of loading, then of the twin
  const TwinStore& kept() const { return kept_; }

  // The twin that goes, the last one, or the record that was opened; nullptr before the first.
  const std::shared_ptr<TwinViewModel>& viewModel() const { return viewModel_; }

  void start(TwinRequest request);  // does nothing while busy()
  void cancel();                    // while Loading or Opening
  void pause();
  void resume();
  void stop();
  void open(const QString& file);  // a record; does nothing while busy(). Ends in opened() or failed()
  // What the record of the shown race is compared by. Its kept file follows; a file from elsewhere stays as
  // it is. Prices of a race that goes are those it was started with.
  void setPrices(const Prices& prices);
  void setTarget(double loss);  // NaN: the lowest that all sides come to
  // Gives back the memory of a twin that has ended. Its record stays.
  void release();

  // Whether the sides are still there to be asked for values and causes; else why they are not.
  bool canAsk() const { return lockStep_ != nullptr && (running() || phase_ == Phase::Idle) && !asking_; }
  QString whyNotAsk() const;
  // Answers on the weights as they are now, by the signals below. A twin that goes is held for as long.
  void askCause(const SideParity& parity, std::size_t tensor);
  void askValues(const SideParity& parity, std::size_t tensor);

 Q_SIGNALS:
  void phaseChanged();
  void progressed();
  void started();                            // viewModel() is a new one
  void advanced();                           // curves and figures have grown
  void timed();                              // times and profiles of the record are new: a few times a second
  void compared();                           // the record has new comparisons or causes
  void ended();                              // the record is final
  void opened();                             // viewModel() is a record from a file
  void refused(const tandem::Error& error);  // it could not start
  void failed(const tandem::Error& error);   // it ended early, or could not be kept
  void causeFound(const tandem::Cause& cause);
  void valuesRead(std::shared_ptr<tandem::ui::TensorView> view);
  void askFailed(const tandem::Error& error);

 private:
  using Opened = std::variant<std::shared_ptr<LockStepRun>, std::shared_ptr<RaceRun>>;
  struct Job {  // loading and opening: what the worker's thread and the window's share
    std::atomic<bool> cancelled{false};
    std::atomic<bool> loaded{false};
    std::atomic<double> progress{0};
    std::atomic<std::int64_t> trainRows{0};
  };
  struct Track {                         // of a side: what its figures are made of while it goes
    std::vector<double> seconds, waits;  // of the last steps
    std::vector<ProfileRecord> profiles;
    double total = 0;         // seconds of all steps
    double lastWall = -1;     // wallSeconds of the last step
    std::int32_t epoch = 0;   // of the last step
    std::int64_t wanted = 1;  // steps
    std::optional<std::size_t> lossSlot;
    EnergyLine energy;
    std::vector<std::pair<double, double>> unpriced;  // seconds, loss: steps after the last reading
  };

  // twin_controller.cpp
  void openedSides(const TwinRequest& request, Result<Opened> opened);
  void setPhase(Phase phase);
  void keepAgain();
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
  TwinStore kept_;
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
  qint64 shownNs_ = 0;  // of the window's thread, since the start: draining, and drawing what came
  QThreadPool keeper_;  // one thread: what is kept again is written in order
  QThreadPool pool_;
};

}  // namespace tandem::ui
