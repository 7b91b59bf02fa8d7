#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef constant;

const ScheduleDef constant = {
    .type = "constant",
    .label = "Constant",
    .summary = "The learning rate does not change.",
    .properties = {warmupProperty()},
    .rate = [](const ScheduleConfig&, const ScheduleClock& clock) { return clock.baseRate; },
};

}  // namespace tandem::schedules
