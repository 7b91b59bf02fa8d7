#include "core/train/export_weights.h"

#include "core/io/keras/keras.h"

namespace tandem {

Result<std::vector<std::string>> exportKeras(const Checkpoint& checkpoint, const std::filesystem::path& file,
                                             bool bare) {
  std::vector<WeightView> weights;
  for (const auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (const NamedArray& array : *arrays) weights.push_back({array.name, array.shape, array.values});
  TANDEM_TRY(exportKeras(checkpoint.project, weights, file, KerasData{checkpoint.preprocessing, bare}));
  return bare ? std::vector<std::string>() : exportNotes(checkpoint.preprocessing);
}

}  // namespace tandem
