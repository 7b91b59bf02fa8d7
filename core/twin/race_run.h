// A race that is looked after on a thread of its own, so that whoever shows it never waits for a side to
// end or for the disk.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/twin/race.h"

namespace tandem {

class RaceRun {
 public:
  explicit RaceRun(std::unique_ptr<Race> race);
  ~RaceRun();  // stops, and waits for checkpoints and records

  void start();
  void pause();
  void resume();
  void stop();
  bool finished() const { return finished_.load(); }

  std::size_t sides() const { return race_->sides(); }
  const SideSpec& spec(std::size_t side) const { return race_->spec(side); }
  std::int64_t run(std::size_t side) const { return race_->run(side); }  // 0: it could not start
  bool readsEnergy(std::size_t side) const { return race_->readsEnergy(side); }
  // For one thread that drains it; nullptr: the side could not start.
  Telemetry* telemetry(std::size_t side) { return race_->telemetry(side); }
  // Why sides failed so far; empty for those that did not.
  std::vector<std::string> errors() const;
  // Once finished().
  TwinRecord record() const;

 private:
  enum class Wish { None, Pause, Resume };
  void look();

  std::unique_ptr<Race> race_;
  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  Wish wish_ = Wish::None;
  bool stopping_ = false;
  std::vector<std::string> errors_;
  TwinRecord record_;

  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace tandem
