// Learning-rate schedules and what is decided after each epoch. Pure functions and a small state.
#pragma once

#include <cstdint>
#include <limits>

#include "core/network/project.h"

namespace tandem {

struct ScheduleClock {
  double baseRate = 0;
  std::int64_t step = 0;  // steps done before this one
  std::int64_t stepsPerEpoch = 1;
  std::int32_t epochs = 1;  // of the whole run
  double plateauScale = 1;  // of LossWatch
};

// The rate of one step. With e = step / stepsPerEpoch (whole epochs), w = warmupSteps, T = all steps:
//   warm-up      base * (step + 1) / w                      while step < w
//   Step         base * gamma^(e / stepEpochs), whole division
//   Exponential  base * gamma^e
//   Cosine       min + (base - min) * (1 + cos(pi * (step - w) / (T - w))) / 2   (Loshchilov & Hutter 2017)
//   Plateau      base * plateauScale
double scheduledRate(const ScheduleConfig& config, const ScheduleClock& clock);

// Follows the loss from epoch to epoch, for ReduceOnPlateau and early stopping (Keras' rules: a loss
// that is not below the best counts as bad; `patience` bad epochs in a row act).
struct LossWatch {
  double best = std::numeric_limits<double>::infinity();
  std::int32_t badEpochs = 0;       // since the last improvement or reduction
  std::int32_t stoppingEpochs = 0;  // since the last improvement
  double plateauScale = 1;
};
struct EpochDecision {
  bool reduced = false;  // the learning rate is lower from here on
  bool stop = false;     // early stopping
};
EpochDecision decideAfterEpoch(const TrainingConfig& training, double baseRate, double loss,
                               LossWatch& watch);

}  // namespace tandem
