// What a Keras file says, before Tandem makes sense of it.
#pragma once

#include <filesystem>

#include "core/io/keras/graph.h"

namespace tandem::keras {

struct KerasModel {
  std::vector<KerasLayer> layers;  // as the file lists them; the input layer is made up where it has none
  std::string output;              // name of the layer that ends the model
};

// Reads a Keras model in a child process (io/isolate.h), with the weights of the layers that have any.
// Errors name the layer.
Result<KerasModel> readModel(const std::filesystem::path& file);

// The part of it that is text. Layers come without weights.
Result<KerasModel> parseModel(std::string_view config);

// Names the layers Tandem has nothing for, all of them in one Error.
Status checkClasses(const KerasModel& model);
bool hasWeights(const KerasLayer& layer);

}  // namespace tandem::keras
