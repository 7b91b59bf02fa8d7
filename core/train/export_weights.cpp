#include "core/train/export_weights.h"

#include "core/io/keras/keras.h"

namespace tandem {

Status exportKeras(const Checkpoint& checkpoint, const std::filesystem::path& file) {
  std::vector<WeightView> weights;
  for (const auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (const NamedArray& array : *arrays) weights.push_back({array.name, array.shape, array.values});
  return exportKeras(checkpoint.project, checkpoint.sample, weights, file);
}

}  // namespace tandem
