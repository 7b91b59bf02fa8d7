// The class that a row of scores predicts, for metrics of classes.
#pragma once

#include <cstdint>

namespace tandem::ops {

// The index of the largest score, the first one on ties. A NaN is never larger, so it is not predicted, except in column
// 0, where no score exceeds it. A single column is the logit of class 1 against class 0, where a NaN predicts 0.
template <class T>
std::int64_t predictedClass(const T* scores, std::int64_t columns) {
  if (columns == 1) return scores[0] > 0 ? 1 : 0;
  std::int64_t best = 0;
  for (std::int64_t j = 1; j < columns; ++j)
    if (scores[j] > scores[best]) best = j;
  return best;
}

}  // namespace tandem::ops
