// Properties that several optimizers have. Defaults are those of Keras where they agree with PyTorch's.
#pragma once

#include "core/ops/optimizer_ranges.h"
#include "core/optimizers/optimizer.h"

namespace tandem::optimizers {

inline Property learningRate(double fallback) {
  return numberProperty(kLearningRate, "Learning rate", fallback, {0, 1000},
                        "Step size; the schedule scales it");
}

inline Property momentum(double fallback) {
  return numberProperty("momentum", "Momentum", fallback, kDecayRateRange,
                        "Fraction of the previous update that carries over");
}

inline Property beta1() {
  return numberProperty("beta1", "Beta 1", 0.9, kDecayRateRange, "Decay rate of the mean of the gradients");
}

inline Property beta2() {
  return numberProperty("beta2", "Beta 2", 0.999, kBeta2Range,
                        "Decay rate of the mean of the squared gradients");
}

inline Property rho(double fallback) {
  return numberProperty("rho", "Rho", fallback, kDecayRateRange,
                        "Decay rate of the mean of the squared gradients");
}

inline Property epsilon(double fallback = 1e-7) {
  return numberProperty("epsilon", "Epsilon", fallback, kEpsilonRange, "Prevents division by zero");
}

inline Property weightDecay() {
  return numberProperty("weight_decay", "Weight decay", 0.0, kWeightDecayRange,
                        "Pulls the weights towards zero: this times the weight is added to its gradient");
}

inline Property decoupledWeightDecay() {
  return numberProperty(
      "weight_decay", "Weight decay", 0.0, kWeightDecayRange,
      "Pulls the weights towards zero: each step also subtracts the learning rate times this times the "
      "weight, independently of the gradients");
}

}  // namespace tandem::optimizers
