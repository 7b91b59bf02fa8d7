// Re-run and verify: trains a recorded project again and compares the losses with the record.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/runs/run_store.h"

namespace tandem {

struct VerifyOptions {
  std::optional<std::string> device;  // instead of the recorded one
  std::optional<double>
      relativeTolerance;   // of the first 100 steps, instead of what is expected; 0: bit-equal
  std::int64_t steps = 0;  // compare so many at most; 0: all that are recorded
  // Called from any thread: with (0, 0) while data is loaded, then after each step that was compared, with
  // its number and the last one's. False: stop.
  std::function<bool(std::int64_t done, std::int64_t of)> progress;
};

// What a repetition may differ by. Where device, kernels and data are the same, nothing: the losses are
// equal bit for bit. Otherwise the relative difference grows with the steps, because training amplifies
// rounding: 1e-3 up to step 100, ten times that up to step 1000, a hundred times from there on; ten times
// as much everywhere where one of the sides rounds to half precision or TF32.
struct Tolerance {
  double first = 0;  // relative, of the first 100 steps; 0: bit-equal
  double at(std::int64_t step) const;
  std::string text() const;  // "bit-equal", "within 0.001 up to step 100, ..."
};

struct StepDifference {
  std::int64_t step = 0;
  float recorded = 0, repeated = 0;
  // Of the larger magnitude; of a thousandth of the first loss where both are smaller than that.
  double relative = 0;
};

struct Verdict {
  bool passed = false;
  std::int64_t compared = 0, expected = 0;  // steps; all that are recorded, or as many as were asked for
  Tolerance tolerance;
  std::vector<std::string> reasons;              // why bits may differ; empty: they may not
  std::vector<std::string> notes;                // what could not be checked
  std::optional<StepDifference> firstDifferent;  // other bits
  std::optional<StepDifference> firstBeyond;     // beyond the tolerance: the repetition ends there
  std::optional<StepDifference> worst;           // largest relative difference
  // "Passed: 312 steps bit-equal", "Failed at step 7: loss 0.31, recorded 0.30 ..."
  std::string text() const;
};

// Same seed, settings and, where a person changed it, learning rate by step. The last checkpoint of the
// repetition is thrown away. Errors: the data is missing or has changed; the record is of a run that went on
// from a checkpoint, or has no losses; the device is not there; the training failed; Cancelled by progress.
Result<Verdict> verifyRun(const RecordedRun& record, const VerifyOptions& options);

}  // namespace tandem
