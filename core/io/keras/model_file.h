// What a Keras file says, before Tandem makes sense of it.
#pragma once

#include "core/io/hdf5.h"
#include "core/io/keras/graph.h"

namespace tandem::keras {

struct KerasModel {
  std::vector<KerasLayer> layers;  // as the file lists them; the input layer is made up where it has none
  std::string output;              // name of the layer that ends the model
};

// Reads the model's layers and connections, without weights. Errors name the layer.
Result<KerasModel> readModel(const Hdf5Group& root);

// The weights of a layer, in the order of the attribute weight_names.
Result<std::vector<Weight>> readWeights(const Hdf5Group& root, const std::string& layer);

}  // namespace tandem::keras
