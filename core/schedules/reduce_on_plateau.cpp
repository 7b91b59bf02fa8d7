#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef reduce_on_plateau;

const ScheduleDef reduce_on_plateau = {
    .type = "reduce_on_plateau",
    .label = "Reduce on plateau",
    .summary = "Multiplies the rate by a factor when the value that decides about the best epoch stagnates.",
    .names = {.keras = "ReduceLROnPlateau", .pytorch = "ReduceLROnPlateau"},
    .properties = {integerProperty(
                       "patience", "Patience", 3, {0, 1e6},
                       "Epochs without improvement of the value that decides about the best epoch "
                       "before the rate is reduced"),
                   numberProperty("gamma", "Factor", 0.1, {0, 1}, "The rate is multiplied by this"),
                   numberProperty("minimum_rate", "Minimum rate", 0.0, {0, 1000},
                                  "The rate does not fall below this"),
                   warmupProperty()},
    .rate = [](const ScheduleConfig&,
               const ScheduleClock& clock) { return clock.baseRate * clock.plateauScale; },
    .watches = true,
};

}  // namespace tandem::schedules
