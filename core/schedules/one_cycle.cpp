#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef one_cycle;

namespace {

// Half a cosine wave from one rate to another; share in [0, 1].
double between(double from, double to, double share) {
  return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const double start = clock.baseRate / schedule.number("start_division");
  const double end = start / schedule.number("end_division");
  const double last = static_cast<double>(clock.stepsPerEpoch * clock.epochs - 1);
  const double peak = std::max(0.0, schedule.number("rise") * (last + 1) - 1);
  const double step = std::min(static_cast<double>(clock.step), last);
  if (step < peak) return between(start, clock.baseRate, step / peak);
  return last > peak ? between(clock.baseRate, end, (step - peak) / (last - peak)) : clock.baseRate;
}

}  // namespace

const ScheduleDef one_cycle = {
    .type = "one_cycle",
    .label = "One cycle",
    .summary =
        "Rises to the learning rate and falls far below its start, along cosine waves (Smith & Topin, 2018; "
        "as in PyTorch).",
    .names = {.pytorch = "OneCycleLR"},
    .properties = {numberProperty("rise", "Rise", 0.3, {0, 1}, "Share of the steps in which the rate rises"),
                   numberProperty("start_division", "Start", 25.0, {1, 1e9},
                                  "The rate at the start is the learning rate divided by this"),
                   numberProperty("end_division", "End", 1e4, {1, 1e12},
                                  "The rate at the end is that at the start divided by this")},
    .rate = rate,
};

}  // namespace tandem::schedules
