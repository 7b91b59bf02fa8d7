#include "ui/train/smoothing.h"

#include <algorithm>
#include <cmath>

namespace tandem::ui {

void SmoothedCurve::setWeight(double weight) {
  const double bounded = std::clamp(weight, 0.0, 0.9999);
  if (bounded == weight_) return;
  weight_ = bounded;
  restart();
}

void SmoothedCurve::restart() {
  curve_.clear();
  sum_ = scale_ = 0;
  consumed_ = 0;
}

void SmoothedCurve::update(const CurveStore& raw) {
  if (raw.size() < consumed_ || raw.stride() != rawStride_) restart();
  rawStride_ = raw.stride();
  // A point that represents several samples applies the decay once per sample.
  const double weight = std::pow(weight_, static_cast<double>(raw.stride()));
  for (; consumed_ < raw.size(); ++consumed_) {
    const float y = raw.mean(consumed_);
    if (!std::isfinite(y)) continue;  // one non-finite value must not blank the rest of the curve
    sum_ = weight * sum_ + (1 - weight) * static_cast<double>(y);
    scale_ = weight * scale_ + (1 - weight);
    curve_.append(raw.x(consumed_), static_cast<float>(sum_ / scale_));
  }
}

}  // namespace tandem::ui
