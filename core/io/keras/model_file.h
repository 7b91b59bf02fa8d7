// The content of a Keras file, before its conversion to a Tandem network.
#pragma once

#include <filesystem>

#include "core/hdf5/isolate.h"
#include "core/io/keras/graph.h"

namespace tandem::keras {

struct KerasModel {
  std::vector<KerasLayer> layers;    // in file order; an input layer is added if there is none
  std::vector<std::string> outputs;  // names of the output layers
  Json description;                  // what Tandem adds to the model configuration, or null
  Json training;                     // how it was compiled: loss and optimizer; or null
  std::string version;               // of Keras, "3.5.0"; empty in files of other programs

  bool isKeras3() const { return version.starts_with("3."); }
  // The name that a layer had before it was exported.
  std::string originalName(const KerasLayer& layer) const;
};

// Where the model configuration of an exported model describes its data: {"output": nameOf(OutputMeaning),
// "preprocessing": JSON text}. Several outputs, and one that does not predict all targets, are instead {"outputs":
// [{"layer": name of a Keras layer, "meaning": nameOf(OutputMeaning), "targets": names of fields; empty: all}, ...],
// ...}. If there are several inputs, "inputs" holds the names of those that have other ones in Keras, which may decide
// what they read: {name in Keras: name}. "layers" holds such names of all layers, by which their weights are
// found again. Keras ignores all of it.
constexpr const char* kDescriptionKey = "tandem";

// Runs the part of the reader that calls the HDF5 library. Fuzzing passes one that stays in the process.
using Isolation = std::function<Result<std::string>(const std::function<void(const SendBytes&)>& work,
                                                    std::chrono::seconds patience, std::size_t most)>;

// The texts of a .keras archive, whose weights are in a file of their own.
struct ArchiveTexts {
  std::string config, version;
};

// Reads a Keras model in a child process (hdf5/isolate.h), including the weights of its layers. archive: the file is
// model.weights.h5 of this archive. Errors name the layer.
Result<KerasModel> readModel(const std::filesystem::path& file, const Isolation& isolation = runIsolated,
                             const ArchiveTexts* archive = nullptr);

// The text of a member; empty if there is none.
std::string textAt(const Json& object, const char* key);

// Parses the model configuration (JSON). The layers have no weights.
Result<KerasModel> parseModel(std::string_view config);

// Reports all layers that Tandem does not support in one Error.
Status checkClasses(const KerasModel& model);
bool hasWeights(const KerasLayer& layer);

}  // namespace tandem::keras
