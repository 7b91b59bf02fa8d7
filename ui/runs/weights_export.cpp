#include "ui/runs/weights_export.h"

#include <vector>

#include "core/io/keras/keras.h"
#include "core/train/checkpoint.h"

namespace tandem::ui {

Status exportCheckpointToKeras(const std::filesystem::path& checkpoint, const std::filesystem::path& file) {
  TANDEM_ASSIGN(const Checkpoint loaded, loadCheckpoint(checkpoint));
  std::vector<WeightView> weights;
  for (const auto* arrays : {&loaded.parameters, &loaded.states}) {
    for (const NamedArray& array : *arrays) weights.push_back({array.name, array.shape, array.values});
  }
  return exportKeras(loaded.project, loaded.sample, weights, file);
}

}  // namespace tandem::ui
