// Robust timing: medians with their spread, without warm-up, and the ratio of two sides.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

struct StepTiming {
  double median = 0, low = 0, high = 0;  // seconds; low and high: quartiles
  std::size_t steps = 0;                 // counted
  std::size_t warmUp = 0;                // first steps, not counted
  double mean = 0;                       // seconds; 0: unknown
  // Quartiles more than 20% of the median apart, or a mean that far from it because of some long steps: the
  // machine was busy or throttled, or its clock drifted.
  bool unsteady() const { return steps >= 8 && (high - low > 0.2 * median || stalled()); }
  bool stalled() const { return mean > 1.2 * median; }
};

// The first 5% of the steps (3 to 50) are warm-up; with fewer than 8 steps there is none.
StepTiming timingOf(std::span<const double> stepSeconds);

// The speed of a side per sample as a multiple of the reference's, and the range that the quartiles allow.
// Steps with different batch sizes have different numbers of samples.
// batchRatio: the side's batch over the reference's.
struct SpeedUp {
  double ratio = 0, low = 0, high = 0;
};
SpeedUp speedUp(const StepTiming& reference, const StepTiming& side, double batchRatio = 1);

// Medians over profiles of the same plan, by part and layer. The first profile is warm-up if there are
// others. Memory is taken from the last one.
ProfileRecord medianProfile(std::span<const ProfileRecord> profiles);

}  // namespace tandem
