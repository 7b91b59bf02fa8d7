// Verification: repeats a recorded training and compares the losses with the record.
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
      relativeTolerance;   // in the first 100 steps, instead of the expected one; 0: bit-identical
  std::int64_t steps = 0;  // compare at most this number; 0: all recorded steps
  // Called from any thread: with (0, 0) while data is loaded, then after each compared step with its number
  // and the last step's. Return false to stop.
  std::function<bool(std::int64_t done, std::int64_t of)> progress;
};

// The expected tolerance of a repeated run. With the same device, kernels and data, the losses are bit-identical.
// Otherwise the relative difference grows with the steps, because training amplifies rounding: 1e-3 up to
// step 100, 1e-2 up to step 1000, 1e-1 later; ten times as much if either run uses half precision or TF32.
struct Tolerance {
  double first = 0;  // relative, in the first 100 steps; 0: bit-identical
  double at(std::int64_t step) const;
  std::string text() const;  // "bit-identical", "within 0.001 up to step 100, ..."
};

struct StepDifference {
  std::int64_t step = 0;
  float recorded = 0, repeated = 0;
  // Relative to the larger magnitude, but at least to 1/1000 of the first loss.
  double relative = 0;
};

struct Verdict {
  bool passed = false;
  std::int64_t compared = 0, expected = 0;  // steps; expected: all recorded ones, or as many as requested
  Tolerance tolerance;
  std::vector<std::string> reasons;              // why bits may differ; empty: they must not
  std::vector<std::string> notes;                // what could not be checked
  std::optional<StepDifference> firstDifferent;  // not bit-identical
  std::optional<StepDifference> firstBeyond;     // beyond the tolerance, where the repeated run stops
  std::optional<StepDifference> worst;           // largest relative difference
  // "Passed: 312 steps bit-identical", "Failed at step 7: loss 0.31, recorded 0.30 ..."
  std::string text() const;
};

// Repeats the run with the same seed, settings and manual changes of the learning rate. Its checkpoint is
// discarded. Errors: the data is missing or has changed; the run was resumed from a checkpoint or has no
// losses; the device is missing; the training failed; Cancelled by progress.
Result<Verdict> verifyRun(const RecordedRun& record, const VerifyOptions& options);

}  // namespace tandem
