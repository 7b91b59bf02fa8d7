// Network: the document that the editor edits and the project file stores. A value type: an undo step
// holds the network before and after the edit. The batch size is not part of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/layers/layer.h"

namespace tandem {

using LayerId = int;  // from 1; never reused within a network
using GroupId = int;  // likewise
inline constexpr std::size_t kMaxLayers = 10000;
inline constexpr int kMaxRepeat = 1000;
inline constexpr int kMaxGroupDepth = 8;  // groups around a layer
inline constexpr std::size_t kMaxNameBytes = 100;
inline constexpr std::size_t kMaxSourceBytes = kMaxNameBytes + 32;  // of Network::nameOf()

// An output of a layer, where connections and heads start. Most layers have one, which the layer itself stands for.
struct Source {
  LayerId layer = 0;  // 0: no output
  int port = 0;       // index in outputPorts() of the layer
  Source() = default;
  Source(LayerId of, int at = 0) : layer(of), port(at) {}
  auto operator<=>(const Source&) const = default;
};

struct Layer {
  LayerId id = 0;
  std::string type;  // LayerDef::type
  std::string name;  // unique in the network; no '/'
  Attrs properties;  // only what differs from the defaults
  // In the order of the input ports. If these have names (LayerDef::inputNames), one before the last may be none.
  std::vector<Source> inputs;
  bool trainable = true;  // false: frozen; training does not change its weights and statistics
  bool operator==(const Layer&) const = default;
};

// Layers that belong together. With a repeat above 1 they form a block that is drawn once but occurs `repeat`
// times in a row in the trained network (repeat.h). Groups nest: of two that share a layer, one lies in the other.
struct Group {
  GroupId id = 0;
  std::string name;             // unique among the groups; same rules as a layer's name
  std::vector<LayerId> layers;  // also those of inner groups, in the order of Network::layers(); never empty
  int repeat = 1;               // 1 to kMaxRepeat
  bool folded = false;          // drawn as one card, which hides the groups in it
  GroupId parent = 0;           // the group that it lies directly in; 0: none
  bool contains(LayerId layer) const;
  bool operator==(const Group&) const = default;
};

class Network {
 public:
  const std::vector<Layer>& layers() const { return layers_; }
  const Layer* find(LayerId id) const;
  const Layer* findByName(std::string_view name) const;
  // The name of an output: "dense", or of several outputs of a layer "split/part_2".
  std::string nameOf(Source source) const;
  std::optional<Source> findSource(std::string_view name) const;  // "split" alone is its first output
  const std::vector<Group>& groups() const { return groups_; }    // each after the one that it lies in
  const Group* findGroup(GroupId id) const;
  const Group* groupOf(LayerId layer) const { return groupAround({layer}); }
  const Group* groupAround(
      const std::vector<LayerId>& layers) const;                // the innermost that contains all of them
  std::vector<const Group*> groupsAround(LayerId layer) const;  // all that contain it, outermost first

  // Edits. Each is atomic: on failure it returns an Error and changes nothing.
  Result<LayerId> add(std::string_view type, std::string name = {},
                      Attrs properties = {});  // "" names it "conv2d_2"
  Status remove(LayerId id);  // a layer with one input is bridged: its readers read its input
  // Replaces the input at this port. Without one, takes the first free port; a single-input layer has its input
  // replaced.
  Status connect(Source from, LayerId to, std::optional<int> port = std::nullopt);
  // At this port, else at the first that reads `from`. Later inputs keep their ports if these have names.
  Status disconnect(Source from, LayerId to, std::optional<int> port = std::nullopt);
  Status rename(LayerId id, std::string name);
  Status setProperty(LayerId id, std::string_view key, AttrValue value);
  Status setTrainable(LayerId id, bool trainable);
  // Restores a layer as stored (undo, paste). The id must be free and the inputs must exist.
  Status insert(Layer layer);

  // Edits of groups, also atomic. The network with all repetitions expanded may not exceed kMaxLayers.
  // A new group takes in the groups whose layers it contains and lies in the innermost one that contains more
  // layers. "" names it "block_2".
  Result<GroupId> group(std::vector<LayerId> layers, std::string name = {});
  Status ungroup(GroupId id);              // its layers and inner groups remain, without repetitions
  Status join(LayerId layer, GroupId id);  // and the groups around it; the layer must not be in a group
  Status renameGroup(GroupId id, std::string name);
  Status setRepeat(GroupId id, int repeat);
  Status setFolded(GroupId id, bool folded);
  // As stored (undo, paste). The id must be free; the group that it lies in must exist.
  Status insertGroup(Group group);

  // A network from layers in any order, as stored in a file. Performs the same checks as the edits.
  static Result<Network> fromLayers(std::vector<Layer> layers);

  // Layers in an order in which inputs come first; an Error names the layers of a cycle.
  Result<std::vector<LayerId>> order() const;
  std::vector<LayerId> inputs() const;             // the layers of type "input"
  std::vector<Source> outputs() const;             // of the layers that no other reads, apart from inputs
  std::unordered_set<LayerId> readLayers() const;  // those with an output that another layer reads
  std::vector<LayerId> upTo(
      LayerId id) const;  // the layer and all that its output depends on; empty if unknown

  std::size_t expandedLayers() const;                   // the number of layers with all repetitions expanded
  int occurrences(LayerId layer) const;                 // how often it occurs in the expanded network
  LayerId nextId() const { return nextId_; }            // the id that add() would assign
  GroupId nextGroupId() const { return nextGroupId_; }  // likewise by group()
  std::string freeGroupName() const;                    // likewise: "block_2"

  bool operator==(const Network& other) const { return layers_ == other.layers_ && groups_ == other.groups_; }

 private:
  Layer* mutableFind(LayerId id);
  Status checkSource(Source source) const;
  Result<Group*> requireGroup(GroupId id);
  Status checkName(std::string_view name, LayerId self) const;
  Status checkGroupName(std::string_view name, GroupId self) const;
  std::vector<Layer> layers_;
  std::vector<Group> groups_;
  LayerId nextId_ = 1;
  GroupId nextGroupId_ = 1;
};

// The names of the outputs of a layer, which is valid; a single one has no name.
std::vector<std::string> outputPorts(const Layer& layer);
std::vector<Source> outputsOf(const Layer& layer);
// What a layer reads: its inputs without the ports that are free.
std::vector<Source> sourcesOf(const Layer& layer);
// The first free input port; nullopt if there is none.
std::optional<int> freeInput(const Layer& layer);
// The name of an input port; empty if the layer's inputs are all alike.
std::string_view inputName(const LayerDef& def, std::size_t port);
// Disconnects the inputs for which `gone`. The others keep their ports if these have names.
void dropInputs(Layer& layer, const std::function<bool(const Source&)>& gone);

// Checks whether `what` ("a layer", "a group") may have this name. Names become "NAME/kernel" in files and
// reports.
Status checkSpelling(std::string_view name, std::string_view what);

}  // namespace tandem
