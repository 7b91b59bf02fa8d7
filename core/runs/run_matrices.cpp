#include "core/runs/run_matrices.h"

#include <fmt/format.h>

namespace tandem {
namespace {

const EpochRecord* shownEpoch(const RunInfo& info, const RunCurves& curves) {
  const EpochRecord* shown = nullptr;
  for (const EpochRecord& epoch : curves.epochs) {
    if (epoch.matrices.size() != curves.matrices.size()) continue;
    shown = &epoch;
    if (epoch.epoch == info.best.epoch) break;
  }
  return shown;
}

}  // namespace

std::string RunMatrix::samplesText() const {
  return fmt::format("{} set, epoch {}", ofTestSet ? "test" : "validation", epoch);
}

std::vector<RunMatrix> matricesOf(const RunInfo& info, const RunCurves& curves) {
  const bool tested = !curves.matrices.empty() && curves.testMatrices.size() == curves.matrices.size();
  const EpochRecord* const epoch = tested ? nullptr : shownEpoch(info, curves);
  if (!tested && !epoch) return {};
  std::vector<RunMatrix> matrices;
  for (std::size_t i = 0; i < curves.matrices.size(); ++i) {
    const ReportMatrix& matrix = curves.matrices[i];
    const ClassCounts& counts = tested ? curves.testMatrices[i] : epoch->matrices[i];
    if (counts.size() != matrix.size()) continue;
    const std::int32_t testedEpoch = info.best.known() ? info.best.epoch : info.epochs;
    matrices.push_back({.name = matrix.name,
                        .epoch = tested ? testedEpoch : epoch->epoch,
                        .ofTestSet = tested,
                        .classes = matrix.classes,
                        .counts = counts});
  }
  return matrices;
}

}  // namespace tandem
