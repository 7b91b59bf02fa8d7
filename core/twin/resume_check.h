// A checkpoint made on one device goes on on another: whether both would take the same next step.
#pragma once

#include "core/twin/lock_step.h"

namespace tandem {

struct ResumeCheck {
  std::string from, to;             // the sides
  double lossFrom = 0, lossTo = 0;  // of the next step
  double worst = 0;                 // largest relative difference of an activation or gradient
  std::string layer, tensor;        // where
  double tolerance = 0;
  bool agrees = false;

  // One sentence for people.
  std::string text() const;
};

// Whether the two would compute otherwise at all: another device, precision or set of kernels.
bool differs(const DeviceOptions& saved, const DeviceOptions& wanted);

// Takes the next step on both devices. Errors: a device that is not there, not enough memory for both.
Result<ResumeCheck> checkResume(const Checkpoint& checkpoint, const Project& wanted,
                                const std::shared_ptr<const Dataset>& data,
                                const BackendLookup& lookup = installedBackends());

// What is to be told of a run that goes on from a checkpoint: nothing where the device stays the same; why
// the two could not be compared, which is no reason not to go on.
struct ResumeNote {
  std::optional<ResumeCheck> check;
  std::string text;  // one sentence for people
};
std::optional<ResumeNote> resumeNote(const std::filesystem::path& checkpoint, const Project& wanted,
                                     const std::shared_ptr<const Dataset>& data,
                                     const BackendLookup& lookup = installedBackends());

}  // namespace tandem
