// A lock-step run on a thread of its own: steps, compares every so many of them, looks for the cause of
// the first difference on each side. What it finds is taken by polling.
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
    std::int64_t compareEvery = 10;  // before the first step, then every so many, and after the last
  };

  LockStepRun(Project project, std::unique_ptr<LockStep> lockStep, Options options);
  ~LockStepRun();  // stops and joins

  void start();
  void pause();
  void resume();
  void stop();  // after the current step or comparison; the last comparison is left out
  bool finished() const { return finished_.load(); }
  std::int64_t stepsDone() const { return done_.load(); }
  const Options& options() const { return options_; }

  // Why it ended early. Errors of single sides are in the record.
  std::optional<Error> error() const;
  std::vector<LockStepRecord> takeSteps();  // since the last call
  std::vector<ParityRecord> takeParity();
  std::vector<TwinCause> takeCauses();

  // All so far.
  TwinRecord record() const;

  // On the weights as they are now; waits for the step under way. Once the run has ended they are those of
  // the last comparison.
  Result<TensorPair> values(const SideParity& parity, std::size_t tensor);
  Result<Cause> explain(const SideParity& parity, std::size_t tensor);

 private:
  void run();
  Status runAll();
  Status compareNow();
  bool goOn();  // waits while paused; false: stop

  const Project project_;
  const Options options_;
  const std::string started_;
  std::unique_ptr<LockStep> lockStep_;
  std::mutex working_;  // held while lockStep_ is used

  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  bool paused_ = false, stopping_ = false;
  std::optional<Error> error_;
  std::vector<LockStepRecord> steps_;
  std::vector<ParityRecord> parity_;
  std::vector<TwinCause> causes_;
  std::vector<std::string> sideErrors_;
  double others_ = -1;  // TwinRecord::others, once it has ended
  std::size_t stepsTaken_ = 0, parityTaken_ = 0, causesTaken_ = 0;

  std::atomic<bool> finished_{false};
  std::atomic<std::int64_t> done_{0};
  std::thread thread_;
};

}  // namespace tandem
