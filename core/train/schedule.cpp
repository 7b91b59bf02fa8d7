#include "core/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem {

double scheduledRate(const ScheduleConfig& config, const ScheduleClock& clock) {
  const double base = clock.baseRate;
  if (clock.step < config.warmupSteps)
    return base * static_cast<double>(clock.step + 1) / static_cast<double>(config.warmupSteps);
  const std::int64_t epoch = clock.step / std::max<std::int64_t>(1, clock.stepsPerEpoch);
  switch (config.kind) {
    case ScheduleKind::Constant:
      return base;
    case ScheduleKind::Step: {
      const std::int64_t steps = epoch / std::max(1, config.stepEpochs);  // completed ones
      return base * std::pow(config.gamma, static_cast<double>(steps));
    }
    case ScheduleKind::Exponential:
      return base * std::pow(config.gamma, static_cast<double>(epoch));
    case ScheduleKind::Cosine: {
      const std::int64_t total = clock.stepsPerEpoch * clock.epochs;
      const std::int64_t span = std::max<std::int64_t>(1, total - config.warmupSteps);
      const double progress =
          std::min(1.0, static_cast<double>(clock.step - config.warmupSteps) / static_cast<double>(span));
      const double floor = std::min(config.minimumRate, base);
      return floor + (base - floor) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
    }
    case ScheduleKind::ReduceOnPlateau:
      return base * clock.plateauScale;
  }
  return base;
}

bool stopsEarly(const TrainingConfig& training, std::int32_t stoppingEpochs) {
  return training.earlyStoppingPatience > 0 && stoppingEpochs >= training.earlyStoppingPatience;
}

EpochDecision decideAfterEpoch(const TrainingConfig& training, double baseRate, double value,
                               LossWatch& watch) {
  EpochDecision decision;
  if (value < watch.best) {
    watch.best = value;
    watch.badEpochs = 0;
    watch.stoppingEpochs = 0;
    return decision;
  }
  ++watch.badEpochs;
  ++watch.stoppingEpochs;
  const ScheduleConfig& schedule = training.schedule;
  if (schedule.kind == ScheduleKind::ReduceOnPlateau && watch.badEpochs >= std::max(1, schedule.patience)) {
    const double floor = baseRate > 0 ? std::min(1.0, schedule.minimumRate / baseRate) : 0.0;
    const double scale = std::max(watch.plateauScale * schedule.gamma, floor);
    decision.reduced = scale < watch.plateauScale;
    watch.plateauScale = std::min(watch.plateauScale, scale);
    watch.badEpochs = 0;
  }
  decision.stop = stopsEarly(training, watch.stoppingEpochs);
  return decision;
}

}  // namespace tandem
