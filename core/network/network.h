// Network: the document that the editor edits and the project file holds. A value type: an undo step
// keeps the network before and after. Batch size is not part of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/layers/layer.h"

namespace tandem {

using LayerId = int;  // from 1; never reused within a network
inline constexpr std::size_t kMaxLayers = 10000;

struct Layer {
  LayerId id = 0;
  std::string type;             // of a LayerDef
  std::string name;             // unique in the network; no '/'
  Attrs properties;             // only what differs from the defaults
  std::vector<LayerId> inputs;  // in port order
  bool operator==(const Layer&) const = default;
};

class Network {
 public:
  const std::vector<Layer>& layers() const { return layers_; }
  const Layer* find(LayerId id) const;
  const Layer* findByName(std::string_view name) const;

  // Edits. Each either does all of it or returns an Error and changes nothing.
  Result<LayerId> add(std::string_view type, std::string name = {},
                      Attrs properties = {});  // "" names it "conv2d_2"
  Status remove(LayerId id);  // a layer with one input is bridged: its readers take its input
  Status connect(LayerId from,
                 LayerId to);  // appends an input port; a single-input layer has its input replaced
  Status disconnect(LayerId from, LayerId to);
  Status rename(LayerId id, std::string name);
  Status setProperty(LayerId id, std::string_view key, AttrValue value);
  // Restores a layer as stored (undo, paste). The id must be free and the inputs must exist.
  Status insert(Layer layer);
  // A network of layers in any order, as a file holds them: checks all that edits check.
  static Result<Network> fromLayers(std::vector<Layer> layers);

  // Layers in an order in which inputs come first; an Error names the layers of a cycle.
  Result<std::vector<LayerId>> order() const;
  std::optional<LayerId> inputLayer() const;   // the single layer of type "input", if there is exactly one
  std::optional<LayerId> outputLayer() const;  // the single layer nobody reads, if there is exactly one

  bool operator==(const Network& other) const { return layers_ == other.layers_; }

 private:
  Layer* mutableFind(LayerId id);
  Status checkName(std::string_view name, LayerId self) const;
  std::vector<Layer> layers_;
  LayerId nextId_ = 1;
};

}  // namespace tandem
