// A lock-step run on a separate thread: it steps, compares at an interval and looks for the cause of the
// first difference on each side. Results are polled.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/twin/twin_record.h"

namespace tandem {

class LockStepRun {
 public:
  struct Options {
    std::int64_t steps = 100;
    std::int64_t compareEvery = 10;  // steps; also before the first and after the last step
  };

  LockStepRun(Project project, std::unique_ptr<LockStep> lockStep, Options options);
  ~LockStepRun();  // stops and joins

  void start();
  void pause();
  void resume();
  void stop();  // after the current step or comparison, without the final comparison
  bool finished() const { return finished_.load(); }
  std::int64_t stepsDone() const { return done_.load(); }
  const Options& options() const { return options_; }

  // Why the run ended early. Errors of single sides are in the record.
  std::optional<Error> error() const;
  std::vector<LockStepRecord> takeSteps();  // since the last call
  std::vector<ParityRecord> takeParity();
  std::vector<TwinCause> takeCauses();

  // Everything so far.
  TwinRecord record() const;

  // With the current weights; waits for the step in progress. After the run has ended, these are the weights
  // of the last comparison.
  Result<TensorPair> values(const SideParity& parity, std::size_t tensor);
  Result<Cause> explain(const SideParity& parity, std::size_t tensor);

 private:
  void run();
  Status runAll();
  Status compareNow();
  bool mayContinue();  // waits while paused; false: stop

  const Project project_;
  const Options options_;
  const std::string started_;
  std::unique_ptr<LockStep> lockStep_;
  std::mutex working_;  // held while lockStep_ is used

  mutable std::mutex mutex_;  // guards all members below
  std::condition_variable changed_;
  bool paused_ = false, stopping_ = false;
  std::optional<Error> error_;
  std::vector<LockStepRecord> steps_;
  std::vector<ParityRecord> parity_;
  std::vector<TwinCause> causes_;
  std::vector<std::string> sideErrors_;
  std::optional<double> others_;  // TwinRecord::others, after the end
  std::size_t stepsTaken_ = 0, parityTaken_ = 0, causesTaken_ = 0;

  std::atomic<bool> finished_{false};
  std::atomic<std::int64_t> done_{0};
  std::thread thread_;
};

}  // namespace tandem
