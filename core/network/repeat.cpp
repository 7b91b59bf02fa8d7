#include "core/network/repeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/text/enumeration.h"

namespace tandem {
namespace {

// Members and reads of one group to be expanded.
struct Block {
  const Group* group = nullptr;
  std::unordered_set<LayerId> members;
  std::vector<std::pair<Source, LayerId>> reads;  // from outside: the source and the member that reads it
  std::vector<Source> exits;                      // read from outside, or of members that no layer reads
  std::vector<LayerId> inputs;                    // of type input

  bool contains(LayerId id) const { return members.contains(id); }
  Source exit() const { return exits.front(); }
};

std::vector<Block> findBlocks(const Network& network, std::optional<GroupId> only) {
  std::vector<Block> blocks;
  for (const Group& group : network.groups())
    if (group.repeat > 1 && (!only || group.id == *only))
      blocks.push_back({&group, {group.layers.begin(), group.layers.end()}, {}, {}, {}});
  if (blocks.empty()) return blocks;
  std::map<Source, std::vector<LayerId>> readers;
  for (const Layer& layer : network.layers())
    for (const Source& input : layer.inputs) readers[input].push_back(layer.id);
  const std::unordered_set<LayerId> read = network.readLayers();
  std::unordered_map<LayerId, Block*> blockOf;
  for (Block& block : blocks)
    for (const LayerId id : block.group->layers) blockOf[id] = &block;
  for (const Layer& layer : network.layers()) {
    const auto found = blockOf.find(layer.id);
    if (found == blockOf.end()) continue;
    Block& block = *found->second;
    for (const Source& input : layer.inputs)
      if (!block.contains(input.layer)) block.reads.emplace_back(input, layer.id);
    if (layer.type == "input") block.inputs.push_back(layer.id);
    for (const Source& output : outputsOf(layer)) {
      const std::vector<LayerId>& own = readers[output];
      if (!read.contains(layer.id) ||
          std::ranges::any_of(own, [&](LayerId id) { return !block.contains(id); }))
        block.exits.push_back(output);
    }
  }
  return blocks;
}

constexpr std::size_t kMostNames = 5;  // in a message

std::optional<RepeatProblem> problemOf(const Network& network, const Block& block) {
  const auto nameOf = [&](Source source) { return network.nameOf(source); };
  const auto problem = [&](LayerId at, std::string_view what, std::string_view hint) {
    return RepeatProblem{block.group->id, at,
                         invalid(fmt::format("the group '{}' is repeated {} times, but {}", block.group->name,
                                             block.group->repeat, what),
                                 network.find(at)->name, hint)};
  };
  if (!block.inputs.empty())
    return problem(block.inputs.front(),
                   fmt::format("contains the input layer '{}'", network.find(block.inputs.front())->name),
                   "Ungroup it and regroup without the input, or set its repeat to 1");
  std::vector<std::string> reads, sources;
  for (const auto& [source, reader] : block.reads) {
    if (std::ranges::find(sources, nameOf(source)) != sources.end()) continue;
    sources.push_back(nameOf(source));
    reads.push_back(fmt::format("{} (read by {})", sources.back(), network.find(reader)->name));
  }
  if (sources.empty())
    return problem(block.group->layers.front(), "has no input from outside the group",
                   "Connect its first layer to a layer before the group, or set its repeat to 1");
  if (sources.size() > 1)
    return problem(block.reads.back().second,
                   "has inputs from several layers outside the group: " + enumerated(reads, kMostNames),
                   "Each repetition reads only the output of the previous one: connect all inputs to the "
                   "same layer, or set its repeat to 1");
  if (block.exits.size() > 1) {
    std::vector<std::string> exits;
    for (const Source& exit : block.exits) exits.push_back(nameOf(exit));
    return problem(block.exits.back().layer, "has several outputs: " + enumerated(exits, kMostNames),
                   "Each repetition has a single output: join the outputs with an add or concat layer in the "
                   "group, or set its repeat to 1");
  }
  return std::nullopt;
}

// "conv.2", or the next free number. Long names are truncated at a character boundary.
std::string copyName(const std::string& name, int repetition, std::unordered_set<std::string>& taken) {
  for (int number = repetition;; ++number) {
    const std::string suffix = fmt::format(".{}", number);
    std::size_t kept = std::min(name.size(), kMaxNameBytes - suffix.size());
    while (kept < name.size() && kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xc0) == 0x80) --kept;
    std::string copy = name.substr(0, kept) + suffix;
    if (taken.insert(copy).second) return copy;
  }
}

class Writer {
 public:
  Writer(const Network& network, const std::vector<Block>& blocks) : network_(network), blocks_(blocks) {
    for (const Layer& layer : network.layers()) taken_.insert(layer.name);
    LayerId next = network.nextId();
    for (const Block& block : blocks)
      for (const LayerId id : block.group->layers) {
        blockOf_[id] = &block;
        for (int k = 2; k <= block.group->repeat; ++k) copies_[id].push_back(next++);
      }
  }

  Result<ExpandedNetwork> write() {
    std::unordered_map<LayerId, const Layer*> byId;
    std::unordered_map<LayerId, const Block*> blockAfter;  // by the last layer of the block
    for (const Layer& layer : network_.layers()) byId[layer.id] = &layer;
    for (const Block& block : blocks_) blockAfter[block.group->layers.back()] = &block;
    ExpandedNetwork out;
    std::vector<Layer> layers;
    for (const Layer& layer : network_.layers()) {
      layers.push_back(layer);
      for (Source& input : layers.back().inputs)
        if (blockOf(input.layer) != blockOf(layer.id)) input.layer = last(input.layer);
      const auto block = blockAfter.find(layer.id);
      if (block == blockAfter.end()) continue;
      for (int k = 2; k <= block->second->group->repeat; ++k)
        for (const LayerId id : block->second->group->layers) {
          layers.push_back(copyOf(*byId.at(id), *block->second, k));
          out.copies[layers.back().id] = {id, k};
        }
    }
    TANDEM_ASSIGN(out.network, Network::fromLayers(std::move(layers)));
    for (const Group& group : network_.groups())
      if (std::ranges::none_of(blocks_, [&](const Block& block) { return block.group == &group; }))
        TANDEM_TRY(out.network.insertGroup(group));
    return out;
  }

 private:
  LayerId copy(LayerId id, int repetition) const {
    return repetition == 1 ? id : copies_.at(id)[static_cast<std::size_t>(repetition) - 2];
  }
  LayerId last(LayerId id) const {
    const auto found = copies_.find(id);
    return found == copies_.end() ? id : found->second.back();
  }
  const Block* blockOf(LayerId id) const {
    const auto found = blockOf_.find(id);
    return found == blockOf_.end() ? nullptr : found->second;
  }
  Layer copyOf(const Layer& layer, const Block& block, int repetition) {
    Layer result = layer;
    result.id = copy(layer.id, repetition);
    result.name = copyName(layer.name, repetition, taken_);
    for (Source& input : result.inputs) {
      const bool within = block.contains(input.layer);
      if (!within) input = block.exit();
      input.layer = copy(input.layer, within ? repetition : repetition - 1);
    }
    return result;
  }

  const Network& network_;
  const std::vector<Block>& blocks_;
  std::unordered_map<LayerId, const Block*> blockOf_;
  std::unordered_map<LayerId, std::vector<LayerId>>
      copies_;  // by repeated layer: ids of repetitions 2, 3, ...
  std::unordered_set<std::string> taken_;
};

}  // namespace

Origin ExpandedNetwork::origin(LayerId id) const {
  const auto found = copies.find(id);
  return found == copies.end() ? Origin{id, 1} : found->second;
}

std::vector<RepeatProblem> checkRepeats(const Network& network) {
  std::vector<RepeatProblem> problems;
  for (const Block& block : findBlocks(network, std::nullopt))
    if (auto problem = problemOf(network, block)) problems.push_back(std::move(*problem));
  return problems;
}

Result<ExpandedNetwork> expandRepeats(const Network& network, std::optional<GroupId> only) {
  const std::vector<Block> blocks = findBlocks(network, only);
  if (blocks.empty()) return ExpandedNetwork{network, {}};
  for (const Block& block : blocks)
    if (auto problem = problemOf(network, block)) return std::move(problem->error);
  return Writer(network, blocks).write();
}

std::optional<LayerId> drawnLayer(const Network& network, std::string_view name) {
  if (const Layer* layer = network.findByName(name)) return layer->id;
  const auto expanded = expandRepeats(network);
  if (!expanded.ok()) return std::nullopt;
  const Layer* layer = expanded->network.findByName(name);
  return layer ? std::optional(expanded->origin(layer->id).layer) : std::nullopt;
}

Border borderOf(const Network& network, const Group& group) {
  Border border;
  std::set<Source> readOutside;
  for (const Layer& layer : network.layers()) {
    const bool inside = group.contains(layer.id);
    if (!inside) readOutside.insert(layer.inputs.begin(), layer.inputs.end());
    const auto outer = [&](const Source& input) { return !group.contains(input.layer); };
    const bool entry = layer.inputs.empty() || std::ranges::any_of(layer.inputs, outer);
    if (inside && entry) border.entries.push_back(layer.id);
  }
  const std::unordered_set<LayerId> read = network.readLayers();
  for (const LayerId id : group.layers)
    for (const Source& output : outputsOf(*network.find(id)))
      if (readOutside.contains(output) || !read.contains(id)) border.exits.push_back(output);
  return border;
}

}  // namespace tandem
