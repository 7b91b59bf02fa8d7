// For a checkpoint resumed on another device: checks whether both devices take the same next step.
#pragma once

#include "core/twin/lock_step.h"

namespace tandem {

struct ResumeCheck {
  std::string from, to;             // the sides
  double lossFrom = 0, lossTo = 0;  // of the next step
  double worst = 0;                 // largest TensorParity::compared of an activation or gradient
  std::string layer, tensor;        // where it occurs
  double tolerance = 0;
  bool agrees = false;

  // One sentence for display.
  std::string text() const;
};

// Whether the two may compute differently: another device, precision or set of kernels.
bool differs(const DeviceOptions& saved, const DeviceOptions& wanted);

// Takes the next step on both devices. Errors: a missing device, not enough memory for both.
Result<ResumeCheck> checkResume(const Checkpoint& checkpoint, const Project& wanted,
                                const std::shared_ptr<const Dataset>& data,
                                const BackendLookup& lookup = installedBackends());

// The note for a run that resumes from a checkpoint: nothing if the device is the same. A failed comparison
// is noted but does not prevent the run.
struct ResumeNote {
  std::optional<ResumeCheck> check;
  std::string text;  // one sentence for display
};
std::optional<ResumeNote> resumeNote(const std::filesystem::path& checkpoint, const Project& wanted,
                                     const std::shared_ptr<const Dataset>& data,
                                     const BackendLookup& lookup = installedBackends());

}  // namespace tandem
