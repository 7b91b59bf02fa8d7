// Polls a race on a separate thread, so that the caller never waits for a side to end or for the disk.
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
  std::int64_t run(std::size_t side) const { return race_->run(side); }  // 0: the side could not start
  bool readsEnergy(std::size_t side) const { return race_->readsEnergy(side); }
  // To be drained by a single thread; nullptr: the side could not start.
  Telemetry* telemetry(std::size_t side) { return race_->telemetry(side); }
  // The errors of failed sides; empty for the others.
  std::vector<std::string> errors() const;
  // Valid once finished().
  TwinRecord record() const;

 private:
  enum class Wish { None, Pause, Resume };
  void look();

  std::unique_ptr<Race> race_;
  mutable std::mutex mutex_;  // guards all members below
  std::condition_variable changed_;
  Wish wish_ = Wish::None;
  bool stopping_ = false;
  std::vector<std::string> errors_;
  TwinRecord record_;

  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace tandem
