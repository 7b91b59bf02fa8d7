#include "core/twin/timing.h"

#include <algorithm>
#include <numeric>

namespace tandem {
namespace {

// Interpolates linearly between the two nearest ranks. `sorted` must not be empty.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = at - static_cast<double>(below);
  return sorted[below] * (1 - share) + sorted[above] * share;
}

template <class Get>
double medianOf(std::span<const ProfileRecord> profiles, const Get& get) {
  std::vector<double> values;
  for (const ProfileRecord& profile : profiles) values.push_back(get(profile));
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

}  // namespace

StepTiming timingOf(std::span<const double> stepSeconds) {
  StepTiming timing;
  if (stepSeconds.size() >= 8) timing.warmUp = std::clamp<std::size_t>(stepSeconds.size() / 20, 3, 50);
  std::vector<double> counted(stepSeconds.begin() + static_cast<std::ptrdiff_t>(timing.warmUp),
                              stepSeconds.end());
  timing.steps = counted.size();
  if (counted.empty()) return timing;
  std::ranges::sort(counted);
  timing.median = quantile(counted, 0.5);
  timing.low = quantile(counted, 0.25);
  timing.high = quantile(counted, 0.75);
  timing.mean = std::accumulate(counted.begin(), counted.end(), 0.0) / static_cast<double>(counted.size());
  return timing;
}

SpeedUp speedUp(const StepTiming& reference, const StepTiming& side, double batchRatio) {
  if (reference.steps == 0 || side.steps == 0 || side.low <= 0 || side.high <= 0) return {};
  return {batchRatio * reference.median / side.median, batchRatio * reference.low / side.high,
          batchRatio * reference.high / side.low};
}

ProfileRecord medianProfile(std::span<const ProfileRecord> profiles) {
  if (profiles.empty()) return {};
  if (profiles.size() > 1) profiles = profiles.subspan(1);
  ProfileRecord result = profiles.back();
  result.forward = medianOf(profiles, [](const ProfileRecord& p) { return p.forward; });
  result.backward = medianOf(profiles, [](const ProfileRecord& p) { return p.backward; });
  result.update = medianOf(profiles, [](const ProfileRecord& p) { return p.update; });
  result.transfer = medianOf(profiles, [](const ProfileRecord& p) { return p.transfer; });
  result.telemetry = medianOf(profiles, [](const ProfileRecord& p) { return p.telemetry; });
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const auto same = [&](const ProfileRecord& p) { return p.layers.size() == result.layers.size(); };
    if (!std::ranges::all_of(profiles, same)) return result;
    result.layers[i].forward =
        medianOf(profiles, [i](const ProfileRecord& p) { return p.layers[i].forward; });
    result.layers[i].backward =
        medianOf(profiles, [i](const ProfileRecord& p) { return p.layers[i].backward; });
  }
  return result;
}

}  // namespace tandem
