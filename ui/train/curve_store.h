// CurveStore: one curve, stored in columns with a pyramid of minima and maxima, so that a plot of any width
// draws at most two points per pixel, however long the curve is. It does not depend on Qt.
//
// Memory is bounded: beyond `capacity` points, neighbouring pairs are merged into their mean, minimum and
// maximum; each point then represents stride() samples, and the envelope stays exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tandem::ui {

struct CurvePoint {
  double x = 0;
  double y = 0;
};

struct CurveRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool empty() const { return !(low <= high); }
  void include(double value) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
};

class CurveStore {
 public:
  static constexpr std::size_t kDefaultCapacity = std::size_t{1} << 20;

  explicit CurveStore(std::size_t capacity = kDefaultCapacity);

  // x must not decrease. y may be NaN (a diverged loss) and is then drawn as a gap.
  void append(double x, float y) { append(x, y, y, y); }
  // Several samples that are known only by their mean, least and greatest value; counts as one.
  void append(double x, float mean, float low, float high);
  void clear();

  std::size_t size() const { return x_.size(); }  // stored points
  bool empty() const { return x_.empty(); }
  std::size_t stride() const { return stride_; }  // samples per point
  double x(std::size_t i) const { return x_[i]; }
  float mean(std::size_t i) const { return mean_[i]; }
  double firstX() const { return x_.empty() ? 0 : x_.front(); }
  double lastX() const { return x_.empty() ? 0 : x_.back(); }

  // Computes the points that draw [from, to] on `pixels` pixels: at most 2 * pixels + 2, with x not
  // decreasing. The neighbours just outside are included, so that lines reach the edges. A NaN between
  // numbers is preserved where at most two points fall on its pixel.
  void decimate(double from, double to, int pixels, std::vector<CurvePoint>& out) const;

  // Returns the smallest and largest value of the points with x in [from, to], ignoring NaN. onlyPositive
  // is for logarithmic axes: it also ignores values that are not positive.
  CurveRange range(double from, double to, bool onlyPositive = false) const;

  // Index of the point nearest to x; size() when empty.
  std::size_t nearest(double x) const;

 private:
  static constexpr std::size_t kFan = 8;  // points of one level per point of the next
  struct Level {
    std::vector<float> low, high;
  };
  void push(double x, float mean, float low, float high);
  void halve();
  void extremes(std::size_t begin, std::size_t end, float& low, float& high) const;  // indices into level 0
  std::size_t lowerIndex(double x) const;

  std::size_t capacity_;
  std::size_t stride_ = 1;
  std::vector<double> x_;
  std::vector<float> mean_;
  std::vector<Level> levels_;  // levels_[0]: per point; levels_[k]: per kFan^k points
  // The samples of the pending point, if stride_ > 1.
  std::size_t pending_ = 0;
  double pendingX_ = 0, pendingSum_ = 0;
  float pendingLow_ = 0, pendingHigh_ = 0;
};

}  // namespace tandem::ui
