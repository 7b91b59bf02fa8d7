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
#include "core/base/overloaded.h"

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
  return std::visit(Overloaded{
                        [](const auto&) { return std::string(); },
                        [&](const EpochEnd& end) { return epochLine(end.record, slots, length); },
                        [&](const TestResult& test) {
                          return fmt::format("test (weights of epoch {})  {}", test.epoch,
                                             valuesText(slots, test.values, true));
                        },
                        [](const Note& note) { return note.text; },
                        [](const Error& error) { return "warning: " + error.text(); },
                    },
                    event.what);
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
    for (const TrainEvent& event : telemetry.takeEvents())
      if (const auto line = eventJson(event, slots); !line.is_null())
        std::cout << jsonLine(line) << std::endl;
  }

 private:
  // Null for events that are not printed.
  static nlohmann::json eventJson(const TrainEvent& event, const std::vector<ReportSlot>& slots) {
    using Json = nlohmann::json;
    return std::visit(
        Overloaded{
            [&](const EpochEnd& end) {
              const EpochRecord& epoch = end.record;
              Json line = {{"event", "epoch"},         {"epoch", epoch.epoch},
                           {"step", epoch.step},       {"train", valuesJson(slots, epoch.train)},
                           {"seconds", epoch.seconds}, {"samples_per_second", epoch.samplesPerSecond}};
              if (epoch.hasValidation) line["validation"] = valuesJson(slots, epoch.validation, true);
              return line;
            },
            [](const CheckpointWritten& e) {
              return Json{{"event", "checkpoint"}, {"file", e.file.string()}};
            },
            [&](const TestResult& test) {
              return Json{
                  {"event", "test"}, {"epoch", test.epoch}, {"test", valuesJson(slots, test.values, true)}};
            },
            [](const Note& note) {
              return Json{{"event", "note"}, {"text", note.text}};
            },
            [](const Error& error) {
              return Json{{"event", "error"}, {"message", error.text()}};
            },
            [](const StateChange& to) {
              return Json{{"event", "state"}, {"state", nameOf(to.state)}};
            },
            [](const RateChange&) { return Json(); },
        },
        event.what);
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
