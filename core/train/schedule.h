// Learning-rate schedules and the decisions after each epoch: pure functions and a small state.
#pragma once

#include <cstdint>
#include <limits>

#include "core/network/project.h"

namespace tandem {

struct ScheduleClock {
  double baseRate = 0;
  std::int64_t step = 0;  // completed steps
  std::int64_t stepsPerEpoch = 1;
  std::int32_t epochs = 1;  // of the whole run
  double plateauScale = 1;  // of LossWatch
};

// The rate of one step. With e = step / stepsPerEpoch (completed epochs), w = warmupSteps, T = all steps:
//   warm-up      base * (step + 1) / w                      while step < w
//   Step         base * gamma^(e / stepEpochs), integer division
//   Exponential  base * gamma^e
//   Cosine       min + (base - min) * (1 + cos(pi * (step - w) / (T - w))) / 2   (Loshchilov & Hutter 2017)
//   Plateau      base * plateauScale
double scheduledRate(const ScheduleConfig& config, const ScheduleClock& clock);

// Tracks the monitored value over epochs, for ReduceOnPlateau and early stopping; lower is better.
// Rules of Keras: an epoch whose value is not below the best is bad; `patience` bad epochs in a row trigger the action.
struct LossWatch {
  double best = std::numeric_limits<double>::infinity();
  std::int32_t badEpochs = 0;       // since the last improvement or reduction
  std::int32_t stoppingEpochs = 0;  // since the last improvement
  double plateauScale = 1;
};
struct EpochDecision {
  bool reduced = false;  // the learning rate was reduced
  bool stop = false;     // early stopping
};
// Whether this many epochs without improvement end the run.
bool stopsEarly(const TrainingConfig& training, std::int32_t stoppingEpochs);
EpochDecision decideAfterEpoch(const TrainingConfig& training, double baseRate, double value,
                               LossWatch& watch);

}  // namespace tandem
