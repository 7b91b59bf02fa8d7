// Summary of a tensor on two sides: difference, common ranges, histograms.
#pragma once

#include "core/twin/lock_step.h"

namespace tandem {

struct PairSummary {
  std::vector<float> difference;  // side - reference
  double low = 0, high = 0;       // of the finite values of both
  double largest = 0;             // |difference|, of the finite ones
  Histogram reference, side;      // from low to high
  Histogram differences;          // from -largest to largest
};

PairSummary summaryOf(const TensorPair& pair, int bins);

}  // namespace tandem
