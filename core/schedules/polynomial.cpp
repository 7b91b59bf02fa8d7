#include <algorithm>
#include <cmath>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef polynomial;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const double floor = std::min(schedule.number("minimum_rate"), clock.baseRate);
  return floor +
         (clock.baseRate - floor) * std::pow(1 - progressOf(schedule, clock), schedule.number("power"));
}

}  // namespace

const ScheduleDef polynomial = {
    .type = "polynomial",
    .label = "Polynomial",
    .summary =
        "Falls to the minimum at the end of the run: in a straight line, or along a power of the rest of it.",
    .names = {.keras = "PolynomialDecay", .pytorch = "PolynomialLR"},
    .properties = {numberProperty("power", "Power", 1.0, {0.01, 100},
                                  "1 is a straight line; larger powers fall faster at first"),
                   numberProperty("minimum_rate", "Minimum rate", 0.0, {0, 1000},
                                  "The rate at the end of the run"),
                   warmupProperty()},
    .rate = rate,
};

}  // namespace tandem::schedules
