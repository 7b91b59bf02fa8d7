// Keras model files: HDF5, the legacy whole-model format that Keras 2 and 3 open with load_model (root attributes
// model_config, training_config, keras_version, backend; group model_weights with layer_names and weight_names), and,
// for reading, the .keras archives of Keras 3 (archive.h). Kernels are transposed to Keras' layouts (conv: H W I O;
// depthwise: H W I M).
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "core/io/imported_model.h"

namespace tandem {

// A trained tensor by name "LAYER/kernel", in Tandem's layout.
struct WeightView {
  std::string_view name;
  Shape shape;
  std::span<const float> values;
};

// The data that the weights were trained on. A complete model has the layers Rescaling (of levels from 0 to 255, or to
// subtract means that float32 rounds) and Normalization after each input, and each output ends in the softmax or
// sigmoid that its loss applied: on raw samples it answers with the probabilities of `tandem infer`; predictions of
// standardized targets pass through a Rescaling to their units. An auto-encoder answers in the unit of the input that
// it predicts, of images in levels from 0 to 255. Categories remain one-hot encoded by the caller, in the order of the
// attribute feature_names. A bare model is the network as drawn, for normalized samples; if the loss expects logits, it
// outputs logits.
struct KerasData {
  Preprocessing preprocessing;
  bool bare = false;
};

// weights: parameters and states of every layer. The model's inputs are network.inputs(), its outputs those of the
// heads, in this order. data: absent for a bare model without a description. The model's description is stored with it,
// for importKeras() and, as attributes of the file, for other programs: feature_names (or channels; of a text vocabulary,
// text_unit and text_lower_case), class_names and tandem_output; of a bare model also feature_mean and feature_scale (x' = (x - mean) * scale, images with x in [0,
// 1]), and of standardized targets target_mean and target_scale, likewise. Of an output with several targets
// target_names says what its values are ("height", "smiling=yes"). If a model has several inputs, the names of the
// attributes feature_... end in that of the input (feature_names_image), and if it has several outputs, the others end
// in that of the output: the names of layers, as in model.inputs and model.output_names of Keras. Unsupported features
// in Keras (explicit padding in most pooling layers, stride together with dilation) are Errors that name the layer, as
// are outputs without a head. The file is written atomically.
Status exportKeras(const Project& project, std::span<const WeightView> weights,
                   const std::filesystem::path& file, const std::optional<KerasData>& data = std::nullopt);

// For the user of a complete model: the columns whose values float32 does not hold, so that Keras, which reads and
// returns float32, answers differently from `tandem infer`. Usually empty.
std::vector<std::string> exportNotes(const Preprocessing& preprocessing);

// Layers Rescaling and Normalization after an input become the normalization of `preprocessing`, a Rescaling at the end
// the unit of a target. Without a description by Tandem, images are taken as levels from 0 to 255 if there is a
// Rescaling or if the means of a Normalization are above 1, and else as values in [0, 1]; there may be one table and
// any number of images, which have the names of their input layers, and each of several outputs predicts a target of
// its own name. Reads Sequential and Functional models of layers that Tandem supports. A damaged file is an Error even
// if it crashes the HDF5 library (hdf5/isolate.h). Errors name the file and the layer.
Result<ImportedModel> importKeras(const std::filesystem::path& file);

// Whether the content is that of a Keras model file: HDF5 (and not a Tandem checkpoint), or a .keras archive.
bool isKerasFile(const std::filesystem::path& file);

}  // namespace tandem
