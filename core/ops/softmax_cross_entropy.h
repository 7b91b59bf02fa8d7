// softmax_cross_entropy: the mean over the valid rows of l(log p), p = softmax(logits), y the label; in nats:
//   plain            -log p[y]
//   label smoothing  -(1 - s) log p[y] - s mean(log p)   (Szegedy et al., 2016; as in Keras and PyTorch)
//   focal            -(1 - p[y])^gamma log p[y]          (Lin et al., 2017)
#pragma once

#include <cmath>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operands (LossIn): logits (n, c), labels i32 (n), step block, weights of the rows f32 (n) (optional).
// Results: loss f32 (1), over the first validRows rows (0 if there are none); probabilities
// (n, c) of all rows. A label outside [0, c) makes the loss NaN, so that it cannot go unnoticed; data
// readers reject such labels beforehand.
extern const OpDef softmax_cross_entropy;

struct CrossEntropyOut {
  enum : std::uint8_t { kLoss, kProbabilities };
};

// Attributes of softmax_cross_entropy and softmax_cross_entropy_grad; at most one of them is not 0.
struct CrossEntropyAttrs {
  double smoothing = 0;  // "label_smoothing", in [0, 1)
  double gamma = 0;      // "gamma", in [0, 20]

  static Result<CrossEntropyAttrs> from(const Attrs& attrs);
};

// T: float on devices, double in the reference.
template <class T>
struct CrossEntropyRule {
  T smoothing, gamma;

  explicit CrossEntropyRule(const CrossEntropyAttrs& a)
      : smoothing(static_cast<T>(a.smoothing)), gamma(static_cast<T>(a.gamma)) {}

  // Of a row: the log-probabilities of its label and of all classes on average (needed for smoothing only).
  TANDEM_HD T loss(T own, T mean) const {
    using std::exp, std::pow;
    if (smoothing > T(0)) return -(T(1) - smoothing) * own - smoothing * mean;
    return gamma > T(0) ? -pow(T(1) - exp(own), gamma) * own : -own;
  }
  // The gradient of a row is this weight times (p - target), p: the probability of its label.
  TANDEM_HD T weight(T p) const {
    using std::log, std::pow;
    if (!(gamma > T(0))) return T(1);
    const T rest = T(1) - p;
    if (!(rest > T(0))) return rest;  // 0, or NaN
    return pow(rest, gamma) - (p > T(0) ? gamma * p * pow(rest, gamma - T(1)) * log(p) : T(0));
  }
  // The target of a class, of `classes`.
  TANDEM_HD T target(bool label, T classes) const {
    return (label ? T(1) - smoothing : T(0)) + smoothing / classes;
  }
};

}  // namespace tandem::ops
