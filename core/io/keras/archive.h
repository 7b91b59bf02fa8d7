// .keras archives, which Keras 3 writes: metadata.json, config.json and model.weights.h5. The weights are not named after
// the layers but after their classes, in the order of the model: layers/dense/vars/0, layers/dense_1/vars/0, ...
#pragma once

#include "core/io/keras/model_file.h"

namespace tandem::keras {

// Whether the file is a ZIP archive with a config.json, or is named like an archive although it is none.
bool isArchive(const std::filesystem::path& file);

// Unpacks the weights into a temporary folder and reads the model. Errors: damaged, incomplete, or a file that is
// implausibly large when unpacked.
Result<KerasModel> readArchive(const std::filesystem::path& file, const Isolation& isolation = runIsolated);

// The group of each layer in model.weights.h5, in the order of model.layers. folder: "layers".
std::vector<std::string> archivePaths(const KerasModel& model, const std::string& folder);

// The objects of a layer that may have variables, in the order of Keras' layer.weights, as prefixes of paths: "",
// "cell/", "query_dense/", ...
const std::vector<std::string>& variableGroups();

}  // namespace tandem::keras
