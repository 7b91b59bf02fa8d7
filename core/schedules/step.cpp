#include <cmath>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef step;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const std::int64_t reductions = clock.epoch() / schedule.integer("step_epochs");
  return clock.baseRate * std::pow(schedule.number("gamma"), static_cast<double>(reductions));
}

}  // namespace

const ScheduleDef step = {
    .type = "step",
    .label = "Step",
    .summary = "Multiplies the rate by a factor at fixed intervals.",
    .names = {.keras = "ExponentialDecay(staircase=True)", .pytorch = "StepLR"},
    .properties = {integerProperty("step_epochs", "Interval", 10, {1, 1e6}, "Epochs between two reductions"),
                   numberProperty("gamma", "Factor", 0.1, {0, 1}, "The rate is multiplied by this"),
                   warmupProperty()},
    .rate = rate,
};

}  // namespace tandem::schedules
