#include "core/twin/resume_check.h"

#include <fmt/format.h>

#include <cmath>

#include "core/twin/calibration.h"

namespace tandem {

std::string ResumeCheck::text() const {
  const double loss = std::abs(lossTo - lossFrom) / std::max(std::abs(lossFrom), 1e-30);
  return fmt::format(
      "The checkpoint was saved on {}; the next step on {} {} (loss {:.6g} vs. {:.6g}, relative difference "
      "{:.1e}; largest of any tensor {:.1e}, in {}, {}).",
      from, to, agrees ? "agrees up to rounding" : "differs by more than rounding", lossFrom, lossTo, loss,
      worst, layer, tensor);
}

bool differs(const DeviceOptions& saved, const DeviceOptions& wanted) {
  return saved.device != wanted.device || saved.precision != wanted.precision || saved.avoid != wanted.avoid;
}

Result<ResumeCheck> checkResume(const Checkpoint& checkpoint, const Project& wanted,
                                const std::shared_ptr<const Dataset>& data, const BackendLookup& lookup) {
  const DeviceOptions &saved = checkpoint.project.training.device, &now = wanted.training.device;
  ResumeCheck check{keyOf(saved), keyOf(now)};
  Project continued = wanted;
  continued.training.initialWeights.clear();  // those of the checkpoint follow
  TANDEM_ASSIGN(const auto lockStep,
                LockStep::open(continued, data, {{check.from, saved, {}}, {check.to, now, {}}}, lookup));
  TANDEM_TRY(lockStep->restore(checkpoint));
  TANDEM_ASSIGN(const ParityRecord parity, lockStep->compare());
  TANDEM_ASSIGN(const LockStepRecord step, lockStep->step());
  if (lockStep->error(1)) return *lockStep->error(1);
  const SideParity& side = parity.sides.at(0);
  for (const TensorParity& each : side.tensors) {
    if (each.kind == TensorKind::Update || each.compared < check.worst) continue;
    check.worst = each.compared;
    check.layer = each.layer;
    check.tensor = each.tensor;
  }
  check.lossFrom = step.sides[0].loss;
  check.lossTo = step.sides[1].loss;
  check.tolerance = side.tolerance;
  check.agrees = !side.first;
  return check;
}

std::optional<ResumeNote> resumeNote(const std::filesystem::path& checkpoint, const Project& wanted,
                                     const std::shared_ptr<const Dataset>& data,
                                     const BackendLookup& lookup) {
  const auto saved = loadCheckpoint(checkpoint);
  // The trainer reports a checkpoint that cannot be read.
  if (!saved.ok() || !differs(saved->project.training.device, wanted.training.device)) return {};
  const auto check = checkResume(*saved, wanted, data, lookup);
  if (check.ok()) return ResumeNote{*check, check->text()};
  return ResumeNote{{},
                    "The next step could not be compared with the previous device: " + check.error().text()};
}

}  // namespace tandem
