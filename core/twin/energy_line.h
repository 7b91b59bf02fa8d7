// Energy over the time of a run, from about ten readings per second. The power is assumed to be constant
// between two readings.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

class EnergyLine {
 public:
  // Readings must be in order of time. Energy counts from the last reading before the first one that reports it.
  void add(const ReadingRecord& reading) {
    if (reading.joules) {
      if (points_.empty() && before_) points_.emplace_back(*before_, 0.0);
      points_.emplace_back(reading.wallSeconds, *reading.joules);
    }
    before_ = reading.wallSeconds;
  }

  bool known() const { return points_.size() >= 2; }
  // The functions below require known().
  double end() const { return points_.back().first; }                              // seconds of the run
  double joules() const { return points_.back().second; }                          // up to end()
  double seconds() const { return points_.back().first - points_.front().first; }  // covered by readings
  // Before the first and after the last reading, their values apply.
  double at(double seconds) const {
    const auto next =
        std::ranges::lower_bound(points_, seconds, {}, [](const auto& point) { return point.first; });
    if (next == points_.begin()) return next->second;
    if (next == points_.end()) return joules();
    const auto [t0, j0] = *(next - 1);
    const auto [t1, j1] = *next;
    return j0 + (seconds - t0) / (t1 - t0) * (j1 - j0);
  }

 private:
  std::vector<std::pair<double, double>> points_;  // seconds, joules so far
  std::optional<double> before_;                   // seconds of the last reading
};

}  // namespace tandem
