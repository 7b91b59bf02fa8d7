#include "app/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"

namespace tandem::cli {
namespace {

using Clock = std::chrono::steady_clock;

// The values of a step, smoothed for display by an exponential moving average.
class Smooth {
 public:
  void add(const StepRecord& step) {
    const float keep = count_ == 0 ? 0.0f : 0.95f;
    for (std::size_t i = 0; i < values_.size(); ++i)
      values_[i] = keep * values_[i] + (1 - keep) * step.values[i];
    ++count_;
  }
  const std::array<float, kReportSlots>& values() const { return values_; }

 private:
  std::array<float, kReportSlots> values_{};
  std::int64_t count_ = 0;
};

std::string epochLine(const EpochRecord& epoch, const std::vector<ReportSlot>& slots,
                      const RunLength& length) {
  std::string line =
      fmt::format("epoch {}/{}  {}", epoch.epoch, length.epochs, valuesText(slots, epoch.train));
  if (epoch.hasValidation) line += "  validation " + valuesText(slots, epoch.validation, true);
  return line +
         fmt::format("  {} samples/s  {}", countText(epoch.samplesPerSecond), durationText(epoch.seconds));
}

// The text of an event for the terminal and the pipe.
std::string eventLine(const TrainEvent& event, const std::vector<ReportSlot>& slots,
                      const RunLength& length) {
  switch (event.kind) {
    case EventKind::Epoch:
      return epochLine(event.epoch, slots, length);
    case EventKind::TestResult:
      return fmt::format("test (weights of epoch {})  {}", event.epoch.epoch,
                         valuesText(slots, event.epoch.validation, true));
    case EventKind::Note:
      return event.text;
    case EventKind::Error:
      return "warning: " + event.error.text();
    case EventKind::State:
    case EventKind::Checkpoint:
    case EventKind::LearningRate:
      break;
  }
  return {};
}

class Plain : public Progress {
 public:
  explicit Plain(RunLength length) : length_(length) {}

  void update(Telemetry& telemetry) override {
    for (StepRecord step; telemetry.nextStep(step);) {
    }
    for (const TrainEvent& event : telemetry.takeEvents()) {
      const std::string line = eventLine(event, telemetry.slots(), length_);
      if (!line.empty()) std::cout << line << std::endl;
    }
  }

 private:
  RunLength length_;
};

class Terminal : public Progress {
 public:
  explicit Terminal(RunLength length) : length_(length) {}
  ~Terminal() override { clearLine(); }

  void update(Telemetry& telemetry) override {
    bool moved = false;
    for (StepRecord step; telemetry.nextStep(step); moved = true) {
      smooth_.add(step);
      if (first_.step == 0) first_ = step;
      last_ = step;
    }
    const auto slots = telemetry.slots();
    for (const TrainEvent& event : telemetry.takeEvents()) {
      const std::string line = eventLine(event, slots, length_);
      if (line.empty()) continue;
      clearLine();
      std::cout << line << std::endl;
    }
    if (moved) draw(slots);
  }

 private:
  static int columns() {
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  void clearLine() {
    if (drawn_) std::cout << "\r\033[K" << std::flush;
    drawn_ = false;
  }

  void draw(const std::vector<ReportSlot>& slots) {
    const std::int64_t total = length_.steps();
    const double done = total > 0 ? static_cast<double>(last_.step) / static_cast<double>(total) : 0;
    // Both count from the first step of this process: a resumed run has earlier ones.
    const double seconds = last_.wallSeconds - first_.wallSeconds;
    const double rate = seconds > 0 ? static_cast<double>(last_.step - first_.step) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(total - last_.step) / rate : 0;
    const std::string tail =
        fmt::format(" {:3.0f}%  epoch {}/{}  {}  {} samples/s  {} left", 100 * done, last_.epoch,
                    length_.epochs, valuesText(slots, smooth_.values()),
                    countText(rate * static_cast<double>(length_.batch)), durationText(left));
    const int width = std::clamp(columns() - static_cast<int>(tail.size()) - 3, 0, 40);
    const int filled = static_cast<int>(std::lround(done * width));
    std::string bar;
    if (width >= 8) bar = "[" + std::string(filled, '=') + std::string(width - filled, ' ') + "]";
    std::cout << "\r\033[K" << (bar + tail).substr(0, columns() - 1) << std::flush;
    drawn_ = true;
  }

  RunLength length_;
  Smooth smooth_;
  StepRecord first_, last_;
  bool drawn_ = false;
};

nlohmann::json valuesJson(const std::vector<ReportSlot>& slots, const std::array<float, kReportSlots>& values,
                          bool evaluation = false) {
  nlohmann::json object;
  for (const ReportSlot& slot : slots)
    if (!(evaluation ? slot.trainingOnly : slot.evaluationOnly))
      object[slot.name] = values[static_cast<std::size_t>(slot.slot)];
  return object;
}

class JsonLines : public Progress {
 public:
  explicit JsonLines(RunLength length) : length_(length) {}

  void update(Telemetry& telemetry) override {
    const auto slots = telemetry.slots();
    StepRecord latest;
    bool any = false;
    for (; telemetry.nextStep(latest); any = true) {
    }
    const auto now = Clock::now();
    if (any && now - printed_ > std::chrono::milliseconds(500)) {
      printed_ = now;
      nlohmann::json line = valuesJson(slots, latest.values);
      line["event"] = "step";
      line["step"] = latest.step;
      line["epoch"] = latest.epoch;
      line["learning_rate"] = latest.learningRate;
      line["seconds"] = latest.wallSeconds;
      std::cout << jsonLine(line) << std::endl;
    }
    for (const TrainEvent& event : telemetry.takeEvents()) print(event, slots);
  }

 private:
  void print(const TrainEvent& event, const std::vector<ReportSlot>& slots) {
    nlohmann::json line;
    switch (event.kind) {
      case EventKind::Epoch:
        line = {{"event", "epoch"},
                {"epoch", event.epoch.epoch},
                {"step", event.epoch.step},
                {"train", valuesJson(slots, event.epoch.train)},
                {"seconds", event.epoch.seconds},
                {"samples_per_second", event.epoch.samplesPerSecond}};
        if (event.epoch.hasValidation) line["validation"] = valuesJson(slots, event.epoch.validation, true);
        break;
      case EventKind::Checkpoint:
        line = {{"event", "checkpoint"}, {"file", event.text}};
        break;
      case EventKind::TestResult:
        line = {{"event", "test"},
                {"epoch", event.epoch.epoch},
                {"test", valuesJson(slots, event.epoch.validation, true)}};
        break;
      case EventKind::Note:
        line = {{"event", "note"}, {"text", event.text}};
        break;
      case EventKind::Error:
        line = {{"event", "error"}, {"message", event.error.text()}};
        break;
      case EventKind::State:
        line = {{"event", "state"}, {"state", nameOf(event.state)}};
        break;
      case EventKind::LearningRate:
        return;
    }
    std::cout << jsonLine(line) << std::endl;
  }

  RunLength length_;
  Clock::time_point printed_{};
};

}  // namespace

std::string valuesText(const std::vector<ReportSlot>& slots, const std::array<float, kReportSlots>& values,
                       bool evaluation) {
  std::string text;
  for (const ReportSlot& slot : slots)
    if (!(evaluation ? slot.trainingOnly : slot.evaluationOnly))
      text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "  ", slot.name,
                          values[static_cast<std::size_t>(slot.slot)]);
  return text;
}

std::unique_ptr<Progress> terminalProgress(RunLength length) {
  return std::make_unique<Terminal>(length);
}
std::unique_ptr<Progress> plainProgress(RunLength length) {
  return std::make_unique<Plain>(length);
}
std::unique_ptr<Progress> jsonProgress(RunLength length) {
  return std::make_unique<JsonLines>(length);
}

}  // namespace tandem::cli
