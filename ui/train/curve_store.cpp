#include "ui/train/curve_store.h"

#include <algorithm>
#include <cmath>

namespace tandem::ui {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// Widens [low, high]. A number replaces a NaN on either side, as gaps require. Equivalent to std::fmin and
// std::fmax, which compilers do not inline.
void widen(float& low, float& high, float otherLow, float otherHigh) {
  if (!(low <= otherLow) && otherLow == otherLow) low = otherLow;
  if (!(high >= otherHigh) && otherHigh == otherHigh) high = otherHigh;
}

}  // namespace

CurveStore::CurveStore(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 2)), levels_(1) {}

void CurveStore::clear() {
  stride_ = 1;
  x_.clear();
  mean_.clear();
  levels_.assign(1, {});
  pending_ = 0;
}

void CurveStore::append(double x, float mean, float low, float high) {
  if (stride_ == 1) {
    push(x, mean, low, high);
  } else {
    if (pending_ == 0) {
      pendingX_ = x;
      pendingSum_ = mean;
      pendingLow_ = low;
      pendingHigh_ = high;
    } else {
      pendingSum_ += mean;
      widen(pendingLow_, pendingHigh_, low, high);
    }
    if (++pending_ == stride_) {
      push(pendingX_, static_cast<float>(pendingSum_ / static_cast<double>(stride_)), pendingLow_,
           pendingHigh_);
      pending_ = 0;
    }
  }
  if (x_.size() >= capacity_) halve();
}

void CurveStore::push(double x, float mean, float low, float high) {
  const std::size_t index = x_.size();
  x_.push_back(x);
  mean_.push_back(mean);
  levels_[0].low.push_back(low);
  levels_[0].high.push_back(high);
  std::size_t block = index / kFan;
  for (std::size_t k = 1; index > 0; ++k, block /= kFan) {
    if (k == levels_.size()) {
      // A level is added once the one below exceeds one block; its own first block is then complete.
      if (levels_[k - 1].low.size() <= kFan) break;
      Level level{{kNan}, {kNan}};
      for (std::size_t i = 0; i < kFan; ++i) {
        widen(level.low[0], level.high[0], levels_[k - 1].low[i], levels_[k - 1].high[i]);
      }
      levels_.push_back(std::move(level));
    }
    Level& level = levels_[k];
    if (block == level.low.size()) {
      level.low.push_back(low);
      level.high.push_back(high);
    } else {
      widen(level.low[block], level.high[block], low, high);
    }
  }
}

void CurveStore::halve() {
  const std::vector<double> x = std::move(x_);
  const std::vector<float> mean = std::move(mean_);
  const Level points = std::move(levels_[0]);
  x_.clear();
  mean_.clear();
  levels_.assign(1, {});
  const std::size_t pairs = x.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) {
    float low = points.low[2 * i], high = points.high[2 * i];
    widen(low, high, points.low[2 * i + 1], points.high[2 * i + 1]);
    push(x[2 * i], (mean[2 * i] + mean[2 * i + 1]) / 2, low, high);
  }
  if (x.size() % 2 != 0) {  // an odd last point becomes the pending point
    pending_ = stride_;
    pendingX_ = x.back();
    pendingSum_ = static_cast<double>(mean.back()) * static_cast<double>(stride_);
    pendingLow_ = points.low.back();
    pendingHigh_ = points.high.back();
  }
  stride_ *= 2;
}

void CurveStore::extremes(std::size_t begin, std::size_t end, float& low, float& high) const {
  low = high = kNan;
  std::size_t k = 0;
  while (begin < end) {
    const Level& level = levels_[k];
    const bool top = k + 1 == levels_.size();
    while (begin < end && (top || begin % kFan != 0)) {
      widen(low, high, level.low[begin], level.high[begin]);
      ++begin;
    }
    while (begin < end && end % kFan != 0) {
      --end;
      widen(low, high, level.low[end], level.high[end]);
    }
    begin /= kFan;
    end /= kFan;
    ++k;
  }
}

std::size_t CurveStore::lowerIndex(double x) const {
  return static_cast<std::size_t>(std::lower_bound(x_.begin(), x_.end(), x) - x_.begin());
}

void CurveStore::decimate(double from, double to, int pixels, std::vector<CurvePoint>& out) const {
  out.clear();
  if (x_.empty() || pixels < 1 || !(from <= to)) return;
  std::size_t begin = lowerIndex(from);
  std::size_t end = static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), to) - x_.begin());
  const std::size_t lead = begin > 0 ? begin - 1 : begin;
  const std::size_t tail = end < x_.size() ? end + 1 : end;
  const std::size_t budget = 2 * static_cast<std::size_t>(pixels);
  if (end - begin <= budget && stride_ == 1) {
    out.reserve(tail - lead);
    for (std::size_t i = lead; i < tail; ++i) out.push_back({x_[i], mean_[i]});
    return;
  }
  out.reserve(budget + 2);
  if (lead < begin) out.push_back({x_[lead], mean_[lead]});
  const double width = (to - from) / pixels;
  bool upwards = true;  // alternating the order keeps lines between pixels short
  for (int p = 0; p < pixels && begin < end; ++p) {
    const double edge = from + width * (p + 1);
    std::size_t stop = end;
    if (p + 1 < pixels) {
      stop = static_cast<std::size_t>(std::lower_bound(x_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                       x_.begin() + static_cast<std::ptrdiff_t>(end), edge) -
                                      x_.begin());
    }
    if (stop == begin) continue;
    if (stop - begin <= 2 && stride_ == 1) {
      for (std::size_t i = begin; i < stop; ++i) out.push_back({x_[i], mean_[i]});
    } else {
      float low = 0, high = 0;
      extremes(begin, stop, low, high);
      out.push_back({x_[begin], upwards ? low : high});
      out.push_back({x_[stop - 1], upwards ? high : low});
      upwards = !upwards;
    }
    begin = stop;
  }
  if (end < tail) out.push_back({x_[end], mean_[end]});
}

CurveRange CurveStore::range(double from, double to, bool onlyPositive) const {
  CurveRange result;
  const std::size_t begin = lowerIndex(from);
  const auto end = static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), to) - x_.begin());
  if (begin >= end) return result;
  float low = 0, high = 0;
  extremes(begin, end, low, high);
  if (std::isnan(low)) return result;
  if (onlyPositive && !(low > 0)) {
    low = kInf;
    for (std::size_t i = begin; i < end; ++i) {
      if (levels_[0].low[i] > 0) low = std::min(low, levels_[0].low[i]);
    }
    if (!(high > 0) || !std::isfinite(low)) return result;
  }
  // An infinite loss must not make the axis infinite.
  if (!std::isfinite(low) || !std::isfinite(high)) {
    low = kInf;
    high = -kInf;
    for (std::size_t i = begin; i < end; ++i) {
      const float value = mean_[i];
      if (!std::isfinite(value) || (onlyPositive && !(value > 0))) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (!(low <= high)) return result;
  }
  result.include(low);
  result.include(high);
  return result;
}

std::size_t CurveStore::nearest(double x) const {
  if (x_.empty()) return 0;
  const std::size_t after = lowerIndex(x);
  if (after == 0) return 0;
  if (after == x_.size()) return after - 1;
  return x - x_[after - 1] <= x_[after] - x ? after - 1 : after;
}

}  // namespace tandem::ui
