// The progress output of `tandem train`: a bar on a terminal, one line per epoch in a pipe, or one JSON
// object per line.
#pragma once

#include <memory>

#include "core/train/plan_training.h"
#include "core/train/telemetry.h"

namespace tandem::cli {

class Progress {
 public:
  virtual ~Progress() = default;
  // Drains the telemetry and prints it. Called every 40 ms.
  virtual void update(Telemetry& telemetry) = 0;
};

std::unique_ptr<Progress> terminalProgress(RunLength length);
std::unique_ptr<Progress> plainProgress(RunLength length);
std::unique_ptr<Progress> jsonProgress(RunLength length);

// "loss 0.3120  accuracy 0.8891", with the root taken where the slot requires it.
// evaluation: omits values that only training reports.
std::string valuesText(const std::vector<ReportSlot>& slots, const std::array<float, kReportSlots>& values,
                       bool evaluation = false);

}  // namespace tandem::cli
