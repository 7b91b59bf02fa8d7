#include "ui/runs/weights_export.h"

#include "core/train/export_weights.h"

namespace tandem::ui {

Result<std::vector<std::string>> exportCheckpointToKeras(const std::filesystem::path& checkpoint,
                                                         const std::filesystem::path& file, Weights which) {
  TANDEM_ASSIGN(const Checkpoint loaded, loadWeights(checkpoint, which));
  return exportKeras(loaded, file);
}

}  // namespace tandem::ui
