#include "core/train/loss_watch.h"

#include <algorithm>

namespace tandem {

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
  if (schedule.def().watches && watch.badEpochs >= std::max<std::int64_t>(1, schedule.integer("patience"))) {
    const double floor = baseRate > 0 ? std::min(1.0, schedule.number("minimum_rate") / baseRate) : 0.0;
    const double scale = std::max(watch.plateauScale * schedule.number("gamma"), floor);
    decision.reduced = scale < watch.plateauScale;
    watch.plateauScale = std::min(watch.plateauScale, scale);
    watch.badEpochs = 0;
  }
  decision.stop = stopsEarly(training, watch.stoppingEpochs);
  return decision;
}

}  // namespace tandem
