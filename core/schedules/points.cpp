#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/schedules/schedule.h"

namespace tandem::schedules {

extern const ScheduleDef points;

namespace {

double rate(const ScheduleConfig& schedule, const ScheduleClock& clock) {
  const std::vector<double> list = schedule.numbers("points");  // percent, factor, percent, factor, ...
  // Exact at whole percents, so that "step" changes at the right step.
  const double steps = static_cast<double>(std::max<std::int64_t>(1, clock.stepsPerEpoch * clock.epochs));
  const double percent = std::min(100.0, 100 * static_cast<double>(clock.step) / steps);
  // The last point up to here; before the first one, that one.
  std::size_t from = 0;
  while (from + 2 < list.size() && list[from + 2] <= percent) from += 2;
  const double before = list[from + 1];
  const std::string between = schedule.text("interpolation");
  if (percent <= list[from] || from + 2 == list.size() || between == "step") return clock.baseRate * before;
  double share = (percent - list[from]) / (list[from + 2] - list[from]);
  if (between == "smooth") share = 0.5 * (1 - std::cos(std::numbers::pi * share));
  return clock.baseRate * std::lerp(before, list[from + 3], share);
}

}  // namespace

const ScheduleDef points = {
    .type = "points",
    .label = "Custom points",
    .summary =
        "Follows a curve through points, each a percentage of the run and a factor of the learning rate.",
    .properties = {{.key = "points",
                    .label = "Points",
                    .kind = PropertyKind::Points,
                    .fallback = std::vector<double>{0, 1, 100, 0},
                    .tooltip = "Percent of the run, a colon and the factor of the learning rate there: "
                               "0:1, 50:0.5, 100:0",
                    .minimum = 0,
                    .maximum = 100},
                   {.key = "interpolation",
                    .label = "Interpolation",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("linear"),
                    .tooltip =
                        "Between two points: a straight line, half a cosine wave, or the factor of the "
                        "first one",
                    .choices = {"linear", "smooth", "step"}}},
    .rate = rate,
};

}  // namespace tandem::schedules
