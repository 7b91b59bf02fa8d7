// The factors of the step block that depend only on the number of updates: Adam's bias corrections and Nadam's
// momentum schedule. The host writes them before each step (core/train/step_values.h); in fp16, op loss_scale_update
// writes them again on the device once steps have been skipped, because only the device knows how many.
#pragma once

#include <cmath>

#include "core/ops/attrs.h"
#include "core/ops/step_block.h"

namespace tandem {

struct StepCorrections {
  double beta1 = 0, beta2 = 0;
  double momentumDecay = -1;  // of Nadam; below 0: another optimizer, whose two slots are left unchanged
  double average = 0;         // decay of averaged weights; 0: there are none

  // Keys "beta1", "beta2", "momentum_decay", "average".
  static StepCorrections from(const Attrs& attrs) {
    return {attrs.number("beta1", 0), attrs.number("beta2", 0), attrs.number("momentum_decay", -1),
            attrs.number("average", 0)};
  }

  // (1 - d) / (1 - d^t), by which the average is that of the weights after the t updates so far, without any initial value.
  TANDEM_HD static float weightShare(double average, double t) {
    using std::expm1;
    using std::log;
    return static_cast<float>((1.0 - average) / -expm1(t * log(average)));
  }

  // The slots of update t, from 1. Computed in double, because 1 - beta^t in float loses half its digits in the first
  // steps. Without betas, the biases are 1.
  TANDEM_HD void write(double t, float* block) const {
    using std::exp;
    using std::expm1;
    using std::pow;
    block[kStepBias1] = static_cast<float>(1.0 - pow(beta1, t));
    block[kStepBias2] = static_cast<float>(1.0 - pow(beta2, t));
    if (average > 0 && block[kStepWeightShare] != 0) block[kStepWeightShare] = weightShare(average, t);
    if (momentumDecay < 0) return;
    const double product = logMomentumProduct(t), next = momentum(t + 1);
    block[kStepNadamGradient] = static_cast<float>((1.0 - momentum(t)) / -expm1(product));
    block[kStepNadamMoment] = static_cast<float>(next / (1.0 - exp(product) * next));
  }

 private:
  // mu_i of Nadam (Dozat, 2016), from beta1 / 2 up to beta1.
  TANDEM_HD double momentum(double i) const {
    using std::pow;
    return beta1 * (1.0 - 0.5 * pow(0.96, i * momentumDecay));
  }

  // log(mu_1 mu_2 ... mu_t) at a cost that does not depend on t: with q = 0.96^momentumDecay,
  //   sum_i log(1 - q^i / 2) = -sum_k 2^-k / k sum_i q^(k i),  sum_i q^(k i) = q^k (1 - q^(k t)) / (1 - q^k).
  // Each term of the sum over k is less than half of the one before, so that 50 of them are exact in double precision.
  TANDEM_HD double logMomentumProduct(double t) const {
    using std::expm1;
    using std::log;
    const double logQ = momentumDecay * log(0.96);
    const double first = expm1(logQ), firstOfT = expm1(t * logQ);
    double d = 0, dOfT = 0;  // q^k - 1 and q^(k t) - 1, which lose no digits if q is near 1
    double power = 1, sum = 0;
    for (int k = 1; k <= 50; ++k) {
      d += first + d * first;
      dOfT += firstOfT + dOfT * firstOfT;
      power *= 0.5;
      sum += power / k * (d < 0 ? (1.0 + d) * dOfT / d : t);
    }
    return t * log(beta1) - sum;
  }
};

}  // namespace tandem
