// A mean that takes in one value after the other: mean += share (x - mean).
#pragma once

#include "core/base/philox.h"

namespace tandem::ops {

// With a share of 1, the result does not depend on the mean before, not even if that is NaN.
template <class T>
TANDEM_HD inline T movedMean(T mean, T x, T share) {
  return share == T(1) ? x : mean + share * (x - mean);
}

}  // namespace tandem::ops
