// A trained model of another program as a network of Tandem.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/data/preprocessing.h"
#include "core/network/output_meaning.h"
#include "core/network/project.h"

namespace tandem {

struct ImportedModel {
  Network network;
  std::vector<Shape> samples;  // of network.inputs()
  struct Weight {
    std::string name;
    Shape shape;
    std::vector<float> values;  // in Tandem's layout
  };
  std::vector<Weight> weights;
  Preprocessing preprocessing;       // unnamed fields if the file does not describe its data
  bool described = false;            // the file describes its data, because Tandem wrote it
  std::vector<ModelOutput> outputs;  // in the order of the model's; their layers differ
  std::vector<std::string> notes;    // for the user: what the file left open

  // What became of a layer of the file.
  struct Origin {
    std::string name, type;           // in the file: "conv1", "Conv2D"
    std::vector<std::string> layers;  // in the network
    std::string note;                 // why there is none, or what the network lacks; may be empty
  };
  std::vector<Origin> origins;  // of all layers, in the order of the file

  // How the model was trained, as far as the file states it and Tandem has the same.
  std::vector<std::optional<LossConfig>> losses;  // of the outputs; or empty
  std::optional<OptimizerConfig> optimizer;
};

}  // namespace tandem
