// The smoothed form of a growing curve: an exponential moving average with bias correction (as in Adam),
// y_i = s_i / (1 - w^i), s_i = w s_(i-1) + (1 - w) y_i.
#pragma once

#include "ui/train/curve_store.h"

namespace tandem::ui {

class SmoothedCurve {
 public:
  // weight in [0, 1): 0 follows the curve. A change takes effect at the next update(), which starts over.
  void setWeight(double weight);
  double weight() const { return weight_; }

  // Processes the points added to `raw` since the last call, or all of them if it was cleared or merged.
  void update(const CurveStore& raw);
  const CurveStore& curve() const { return curve_; }

 private:
  void restart();

  double weight_ = 0.9;
  double sum_ = 0, scale_ = 0;  // scale: 1 - weight^n
  std::size_t consumed_ = 0;    // points of raw
  std::size_t rawStride_ = 1;
  CurveStore curve_;
};

}  // namespace tandem::ui
