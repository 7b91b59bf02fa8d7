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

// The network as drawn: where the loss takes logits, the model gives logits. Samples are to be normalized as
// in training. weights: parameters and states of every layer. What Keras cannot compute (explicit padding of
// most poolings, stride together with dilation) is an Error that names the layer. The file is written whole,
// then renamed.
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

// Reads Sequential and Functional models of the layers that Tandem has. A damaged file is an Error, also
// where it makes the HDF5 library crash (io/isolate.h). Errors name the file and the layer.
Result<ImportedModel> importKeras(const std::filesystem::path& file);

// Whether the file begins like a model file of Keras (and unlike a checkpoint of Tandem).
bool isKerasFile(const std::filesystem::path& file);

}  // namespace tandem
