// The decisions after each epoch: reduce the learning rate, stop early.
#pragma once

#include <cstdint>
#include <limits>

#include "core/network/project.h"

namespace tandem {

// Tracks the monitored value over epochs, for schedules that watch it and for early stopping; lower is better.
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
