#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef cosine;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const double floor = std::min(schedule.number("minimum_rate"), clock.baseRate);
  const double falling = 0.5 * (1.0 + std::cos(std::numbers::pi * progressOf(schedule, clock)));
  return floor + (clock.baseRate - floor) * falling;
}

}  // namespace

const ScheduleDef cosine = {
    .type = "cosine",
    .label = "Cosine",
    .summary =
        "Falls along half a cosine wave to the minimum at the end of the run (Loshchilov & Hutter, 2017).",
    .names = {.keras = "CosineDecay", .pytorch = "CosineAnnealingLR"},
    .properties = {numberProperty("minimum_rate", "Minimum rate", 0.0, {0, 1000},
                                  "The rate at the end of the run"),
                   warmupProperty()},
    .rate = rate,
};

}  // namespace tandem::schedules
