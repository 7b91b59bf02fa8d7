// Honest times: medians with their spread, warm-up left out, and the ratio of two sides.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/train/observer.h"

namespace tandem {

struct StepTiming {
  double median = 0, low = 0, high = 0;  // seconds; low and high: quartiles
  std::size_t steps = 0;                 // that count
  std::size_t warmUp = 0;                // first steps that do not
  double mean = 0;                       // seconds; 0: not known
  // Quartiles more than 20% of the median apart, or a mean that some long steps pulled as far from it: the
  // machine was busy, throttled, or the clock drifts.
  bool unsteady() const { return steps >= 8 && (high - low > 0.2 * median || stalled()); }
  bool stalled() const { return mean > 1.2 * median; }
};

// The first twentieth of the steps, 3 to 50 of them, are warm-up; of fewer than 8 steps none is.
StepTiming timingOf(std::span<const double> stepSeconds);

// How many times as fast as the reference a side is at a sample, and from which to which the quartiles
// allow. Steps of other batches hold other numbers of samples.
// batchRatio: the side's batch over the reference's.
struct SpeedUp {
  double ratio = 0, low = 0, high = 0;
};
SpeedUp speedUp(const StepTiming& reference, const StepTiming& side, double batchRatio = 1);

// Medians over profiles of the same plan, by part and by layer; the first is warm-up if there are others.
// Memory is the last one's.
ProfileRecord medianProfile(std::span<const ProfileRecord> profiles);

}  // namespace tandem
