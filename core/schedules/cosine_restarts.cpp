#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef cosine_restarts;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const double longer = schedule.number("longer");
  double length = static_cast<double>(schedule.integer("period_epochs") * clock.stepsPerEpoch);
  double at = static_cast<double>(clock.step - warmupSteps(schedule)), periods = 0;
  if (longer == 1) {
    periods = std::floor(at / length);
    at -= periods * length;
  }
  for (; at >= length; ++periods) {
    at -= length;
    length *= longer;
  }
  const double base = clock.baseRate * std::pow(schedule.number("gamma"), periods);
  const double floor = std::min(schedule.number("minimum_rate"), base);
  return floor + (base - floor) * 0.5 * (1 + std::cos(std::numbers::pi * at / length));
}

}  // namespace

const ScheduleDef cosine_restarts = {
    .type = "cosine_restarts",
    .label = "Cosine with restarts",
    .summary =
        "Falls along half a cosine wave and starts again, in periods of growing length (Loshchilov & Hutter, "
        "2017).",
    .names = {.keras = "CosineDecayRestarts", .pytorch = "CosineAnnealingWarmRestarts"},
    .properties =
        {integerProperty("period_epochs", "First period", 10, {1, 1e6}, "Epochs until the first restart"),
         numberProperty("longer", "Growth", 2.0, {1, 100},
                        "Each period is this many times as long as the one before"),
         numberProperty("gamma", "Factor", 1.0, {0, 1}, "The rate at each restart is multiplied by this"),
         numberProperty("minimum_rate", "Minimum rate", 0.0, {0, 1000}, "The rate at the end of each period"),
         warmupProperty()},
    .rate = rate,
};

}  // namespace tandem::schedules
