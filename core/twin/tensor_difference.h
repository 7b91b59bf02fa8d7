// Measures of the difference between two tensors.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tandem {

struct TensorDifference {
  double relative = 0;    // ||b - a|| / ||a||, Euclidean; 0 if both are zero, infinite if only a is
  double cosine = 1;      // of the angle between them; 1 if both are zero
  double largest = 0;     // largest |b - a|
  std::size_t where = 0;  // index of the largest
  double rmsA = 0;        // root mean square of a
  double rmsDifference = 0;
  std::size_t nonFinite = 0;  // elements that differ and are not finite in at least one of the two
};

// Sums in double, over the elements that are finite in both; see nonFinite.
TensorDifference difference(std::span<const float> a, std::span<const float> b);

// Counts of values in equal bins from `low` to `high`; values outside go to the first or last bin.
struct Histogram {
  double low = 0, high = 0;
  std::vector<std::size_t> counts;
};
Histogram histogram(std::span<const float> values, double low, double high, int bins);

}  // namespace tandem
