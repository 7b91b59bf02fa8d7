// Keras model files (HDF5, the legacy whole-model format that Keras 2 and 3 open with load_model):
// root attributes model_config, keras_version, backend; group model_weights with layer_names and
// weight_names. Kernels are transposed to Keras' layouts (conv: H W I O; depthwise: H W I M).
#pragma once

#include <filesystem>
#include <span>

#include "core/network/project.h"

namespace tandem {

// A trained tensor by name "LAYER/kernel", in Tandem's layout.
struct WeightView {
  std::string_view name;
  Shape shape;
  std::span<const float> values;
};

// Exports the network as drawn: if the loss expects logits, the model outputs logits. Samples must be
// normalized as in training. weights: parameters and states of every layer. Unsupported features in Keras
// (explicit padding of most poolings, stride together with dilation) are Errors that name the layer. The file
// is written atomically.
Status exportKeras(const Project& project, const Shape& sample, std::span<const WeightView> weights,
                   const std::filesystem::path& file);

struct ImportedModel {
  Network network;
  Shape sample;
  struct Weight {
    std::string name;
    Shape shape;
    std::vector<float> values;  // in Tandem's layout
  };
  std::vector<Weight> weights;
};

// Reads Sequential and Functional models of layers that Tandem supports. A damaged file is an Error even if
// it crashes the HDF5 library (io/isolate.h). Errors name the file and the layer.
Result<ImportedModel> importKeras(const std::filesystem::path& file);

// Whether the file begins like a Keras model file (and not like a Tandem checkpoint).
bool isKerasFile(const std::filesystem::path& file);

}  // namespace tandem
