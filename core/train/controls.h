// Requests to a running trainer, from any thread. The trainer checks one atomic per step and takes the lock
// only if a request is pending.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace tandem {

class Controls {
 public:
  struct Orders {
    bool stop = false;
    bool paused = false;
    bool step = false;           // one step is requested while paused
    std::optional<double> rate;  // a new base learning rate
  };

  void pause() {
    change([](Controls& c) { c.paused_ = true; });
  }
  void resume() {
    change([](Controls& c) {
      c.paused_ = false;
      c.steps_ = 0;
    });
  }
  void step() {
    change([](Controls& c) {
      c.paused_ = true;
      ++c.steps_;
    });
  }
  void stop() {
    change([](Controls& c) { c.stop_ = true; });
  }
  void setRate(double rate) {
    change([rate](Controls& c) { c.rate_ = rate; });
  }

  // For the trainer's thread.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  Orders take(bool useStep) {
    const std::lock_guard lock(mutex_);
    Orders orders{stop_, paused_, steps_ > 0, std::exchange(rate_, std::nullopt)};
    if (useStep && !stop_ && paused_ && steps_ > 0) --steps_;
    pending_.store(stop_ || paused_, std::memory_order_release);
    return orders;
  }
  // Returns when take() would return something other than "still paused".
  void waitWhilePaused() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || !paused_ || steps_ > 0 || rate_; });
  }

 private:
  template <class Change>
  void change(const Change& apply) {
    {
      const std::lock_guard lock(mutex_);
      apply(*this);
      pending_.store(true, std::memory_order_release);
    }
    changed_.notify_all();
  }

  std::atomic<bool> pending_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false, paused_ = false;
  int steps_ = 0;
  std::optional<double> rate_;
};

}  // namespace tandem
