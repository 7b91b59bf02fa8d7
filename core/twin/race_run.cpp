#include "core/twin/race_run.h"

namespace tandem {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);

std::vector<std::string> errorsOf(const Race& race) {
  std::vector<std::string> errors(race.sides());
  for (std::size_t k = 0; k < errors.size(); ++k)
    if (const auto error = race.error(k)) errors[k] = error->text();
  return errors;
}

}  // namespace

RaceRun::RaceRun(std::unique_ptr<Race> race) : race_(std::move(race)), errors_(errorsOf(*race_)) {}

RaceRun::~RaceRun() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void RaceRun::start() {
  TANDEM_CHECK(!thread_.joinable(), "a race starts once");
  thread_ = std::thread([this] { look(); });
}

void RaceRun::pause() {
  const std::lock_guard lock(mutex_);
  wish_ = Wish::Pause;
  changed_.notify_all();
}

void RaceRun::resume() {
  const std::lock_guard lock(mutex_);
  wish_ = Wish::Resume;
  changed_.notify_all();
}

void RaceRun::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void RaceRun::look() {
  race_->start();
  bool stopSent = false;
  while (!race_->poll()) {
    std::unique_lock lock(mutex_);
    errors_ = errorsOf(*race_);
    changed_.wait_for(lock, kLook, [&] { return wish_ != Wish::None || (stopping_ && !stopSent); });
    const Wish wish = std::exchange(wish_, Wish::None);
    const bool stopNow = stopping_ && !std::exchange(stopSent, stopping_);
    lock.unlock();
    if (wish == Wish::Pause) race_->pause();
    if (wish == Wish::Resume) race_->resume();
    if (stopNow) race_->stop();
  }
  TwinRecord record = race_->record();
  {
    const std::lock_guard lock(mutex_);
    errors_ = errorsOf(*race_);
    record_ = std::move(record);
  }
  finished_.store(true);
}

std::vector<std::string> RaceRun::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

TwinRecord RaceRun::record() const {
  TANDEM_CHECK(finished(), "a race has its record at the end");
  const std::lock_guard lock(mutex_);
  return record_;
}

}  // namespace tandem
