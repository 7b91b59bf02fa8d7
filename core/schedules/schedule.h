// ScheduleDef: how the learning rate changes during a run. One file per schedule: schedules/NAME.cpp defines
// `const ScheduleDef NAME` in namespace tandem::schedules; the build lists the folder.
#pragma once

#include <cstdint>

#include "core/settings/typed.h"

namespace tandem {

struct ScheduleClock {
  double baseRate = 0;
  std::int64_t step = 0;  // completed steps
  std::int64_t stepsPerEpoch = 1;
  std::int32_t epochs = 1;  // of the whole run
  double plateauScale = 1;  // of LossWatch (core/train/loss_watch.h)

  std::int64_t epoch() const { return step / (stepsPerEpoch > 0 ? stepsPerEpoch : 1); }  // completed epochs
};

struct ScheduleDef;
using ScheduleConfig = Typed<ScheduleDef>;

struct ScheduleDef {
  std::string_view type;     // "cosine"; equals the file's basename
  std::string_view label;    // "Cosine"
  std::string_view summary;  // one sentence for tooltips and help
  LibraryNames names = {};   // in Keras and PyTorch
  std::vector<Property> properties;
  // The rate of one step, after the warm-up.
  double (*rate)(const ScheduleConfig& schedule, const ScheduleClock& clock) = nullptr;
  // Reduces the rate when the monitored value stagnates, by the properties "patience", "gamma" and "minimum_rate".
  bool watches = false;
};

template <>
struct Catalog<ScheduleDef> {
  static constexpr std::string_view noun = "schedule";
  static std::span<const ScheduleDef* const> all();
  static const ScheduleDef& fallback();
};

// A property of most schedules: steps over which the rate rises linearly from 0, before the schedule applies.
Property warmupProperty();
// 0 without this property.
std::int64_t warmupSteps(const ScheduleConfig& schedule);

// The share of the steps after the warm-up that are completed, from 0 to 1.
double progressOf(const ScheduleConfig& schedule, const ScheduleClock& clock);

// The rate of one step: base * (step + 1) / warm-up steps during the warm-up, then the schedule's.
double scheduledRate(const ScheduleConfig& schedule, const ScheduleClock& clock);

}  // namespace tandem
