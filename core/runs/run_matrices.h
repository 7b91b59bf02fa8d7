// The confusion matrices of a recorded run.
#pragma once

#include <string>
#include <vector>

#include "core/runs/run_store.h"

namespace tandem {

struct RunMatrix {
  std::string name;        // "confusion_matrix"
  std::int32_t epoch = 0;  // whose weights were used
  bool ofTestSet = false;  // otherwise of the validation set
  std::vector<std::string> classes;
  ClassCounts counts;

  std::string samplesText() const;  // "test set, epoch 3"
};

// Each matrix of the run: of the test set if there is one, otherwise of the best recorded epoch, or of the last one if
// the matrices of the best were not recorded. Empty if none was recorded.
std::vector<RunMatrix> matricesOf(const RunInfo& info, const RunCurves& curves);

}  // namespace tandem
