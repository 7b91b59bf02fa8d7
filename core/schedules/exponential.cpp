#include <cmath>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef exponential;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  return clock.baseRate * std::pow(schedule.number("gamma"), static_cast<double>(clock.epoch()));
}

}  // namespace

const ScheduleDef exponential = {
    .type = "exponential",
    .label = "Exponential",
    .summary = "Multiplies the rate by a factor after each epoch.",
    .names = {.keras = "ExponentialDecay(staircase=True)", .pytorch = "ExponentialLR"},
    .properties = {numberProperty("gamma", "Factor", 0.95, {0, 1},
                                  "The rate is multiplied by this after each epoch"),
                   warmupProperty()},
    .rate = rate,
};

}  // namespace tandem::schedules
