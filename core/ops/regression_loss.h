// regression_loss: the mean over valid rows and all columns of an elementwise loss of prediction and
// target. d = prediction - target:
//   mse         d^2
//   mae         |d|
//   huber       d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), as in Keras and PyTorch
//   bce_logits  max(x, 0) - x t + log(1 + exp(-|x|)), x the logit, t in [0, 1]
#pragma once

#include <cmath>
#include <string_view>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 prediction (n, ...), 1 target f32 of the same shape, 2 step block.
// Result: loss f32 (1); 0 if there are no valid rows.
extern const OpDef regression_loss;

enum class RegressionLossKind : std::uint8_t { Mse, Mae, Huber, BceLogits };
std::string_view nameOf(RegressionLossKind kind);  // "mse", "mae", "huber", "bce_logits"

// Attributes of regression_loss and regression_loss_grad.
struct RegressionLossAttrs {
  RegressionLossKind kind = RegressionLossKind::Mse;
  double delta = 1;  // of huber; positive

  static Result<RegressionLossAttrs> from(const Attrs& attrs);  // keys "kind", "delta"
  Attrs attrs() const;
};

template <class T>
TANDEM_HD inline T regressionLoss(RegressionLossKind kind, T delta, T x, T t) {
  using std::abs, std::exp, std::log1p;
  const T d = x - t;
  switch (kind) {
    case RegressionLossKind::Mse:
      return d * d;
    case RegressionLossKind::Mae:
      return abs(d);
    case RegressionLossKind::Huber:
      return abs(d) <= delta ? T(0.5) * d * d : delta * (abs(d) - T(0.5) * delta);
    case RegressionLossKind::BceLogits:
      return (x < T(0) ? T(0) : x) - x * t + log1p(exp(-abs(x)));
  }
  return d;
}

// Derivative with respect to x.
template <class T>
TANDEM_HD inline T regressionLossDerivative(RegressionLossKind kind, T delta, T x, T t) {
  using std::exp;
  const T d = x - t;
  switch (kind) {
    case RegressionLossKind::Mse:
      return T(2) * d;
    case RegressionLossKind::Mae: {  // two plain selections are vectorized; 0 at 0, NaN stays
      const T sign = d < T(0) ? T(-1) : d;
      return sign > T(0) ? T(1) : sign;
    }
    case RegressionLossKind::Huber: {
      const T above = d < -delta ? -delta : d;
      return above > delta ? delta : above;
    }
    case RegressionLossKind::BceLogits:
      return T(1) / (T(1) + exp(-x)) - t;
  }
  return d;
}

}  // namespace tandem::ops
