// What is settled before a training starts, for the trainer and `tandem check`.
#pragma once

#include <memory>

#include "core/compile/compile.h"

namespace tandem {

// Checks the settings and the data, and compiles. The batch of the plan is at most the number of training
// samples. Whether the plan fits the device is a question for checkFits(). Errors name the layer or setting: no
// training samples, a monitored value that the loss does not report, batch normalization of a single value.
Result<std::shared_ptr<const Plan>> planTraining(const Project& project, const Dataset& data,
                                                 Backend& backend, const Cancelled& cancelled = {});

// The slot of the value that training.monitor names; nullptr if the plan does not report it.
const ReportSlot* monitoredSlot(const Plan& plan, const TrainingConfig& training);

// How far a run goes unless something ends it before.
struct RunLength {
  std::int64_t batch = 0, batchesPerEpoch = 0;  // the batch as set; an epoch has at least one
  std::int64_t epochs = 0;
  std::int64_t steps() const { return batchesPerEpoch * epochs; }
};
RunLength lengthOf(const TrainingConfig& training, std::int64_t samples);

// For the user: training samples that no epoch uses, a batch that is larger than the data, the weights of classes, the unit
// of errors of images, augmentations.
std::vector<std::string> dataNotes(const TrainingConfig& training, const Dataset& data);

// For the user: layers that read later tokens of a text than those from which the next one is to be predicted. Such a
// network learns to copy them, and its losses say nothing about how well it continues a text.
std::vector<std::string> foresightNotes(const Project& project);

}  // namespace tandem
