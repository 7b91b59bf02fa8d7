#include "core/network/repeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
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
  std::size_t depth = 0;  // the number of blocks around it
  std::unordered_set<LayerId> members;
  std::vector<std::pair<Source, LayerId>> reads;  // from outside: the source and the member that reads it
  std::vector<Source> exits;                      // read from outside, or of members that no layer reads
  std::vector<LayerId> inputs;                    // of type input

  bool contains(LayerId id) const { return members.contains(id); }
  Source exit() const { return exits.front(); }
};

struct Blocks {
  std::vector<Block> all;  // outer ones first
  std::unordered_map<LayerId, std::vector<std::size_t>>
      around;  // by layer: those that contain it, outer ones first

  const std::vector<std::size_t>& aroundOf(LayerId id) const {
    static const std::vector<std::size_t> kNone;
    const auto found = around.find(id);
    return found == around.end() ? kNone : found->second;
  }
  std::vector<const Block*> innerFirst() const {
    std::vector<const Block*> sorted;
    for (const Block& block : all) sorted.push_back(&block);
    std::ranges::stable_sort(sorted, std::ranges::greater(), &Block::depth);
    return sorted;
  }
};

Blocks findBlocks(const Network& network, std::optional<GroupId> only) {
  Blocks blocks;
  for (const Group& group : network.groups()) {
    if (group.repeat == 1 || (only && group.id != *only)) continue;
    const std::size_t depth = blocks.aroundOf(group.layers.front()).size();
    for (const LayerId id : group.layers) blocks.around[id].push_back(blocks.all.size());
    blocks.all.push_back({&group, depth, {group.layers.begin(), group.layers.end()}, {}, {}, {}});
  }
  if (blocks.all.empty()) return blocks;
  std::map<Source, std::vector<LayerId>> readers;
  for (const Layer& layer : network.layers())
    for (const Source& input : sourcesOf(layer)) readers[input].push_back(layer.id);
  const std::unordered_set<LayerId> read = network.readLayers();
  for (const Layer& layer : network.layers())
    for (const std::size_t at : blocks.aroundOf(layer.id)) {
      Block& block = blocks.all[at];
      for (const Source& input : sourcesOf(layer))
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
  Writer(const Network& network, const Blocks& blocks)
      : network_(network), blocks_(blocks), repetition_(blocks.all.size(), 1) {
    LayerId next = network.nextId();
    for (const Layer& layer : network.layers()) {
      names_.insert(layer.name);
      byId_[layer.id] = &layer;
      std::size_t count = 1;
      for (const std::size_t at : blocks.aroundOf(layer.id)) count *= repeatOf(at);
      std::vector<LayerId>& ids = ids_[layer.id];
      ids.push_back(layer.id);
      while (ids.size() < count) ids.push_back(next++);
    }
  }

  Result<ExpandedNetwork> write() {
    std::vector<LayerId> all;
    for (const Layer& layer : network_.layers()) all.push_back(layer.id);
    append(all, 0);
    TANDEM_ASSIGN(out_.network, Network::fromLayers(std::move(layers_)));
    return std::move(out_);
  }

  // The groups beside, around and in the only block; those in it occur in each of its repetitions.
  Status writeGroups(Network& expanded) const {
    const Block& block = blocks_.all.front();
    std::unordered_set<std::string> names;
    for (const Group& group : network_.groups()) names.insert(group.name);
    GroupId next = network_.nextGroupId();
    // In each repetition: by group of the block its copy, and by the block the group around it.
    std::unordered_map<GroupId, std::vector<GroupId>> ids;
    ids[block.group->id].assign(repeatOf(0), block.group->parent);
    for (const Group& group : network_.groups()) {
      if (&group == block.group) continue;
      const bool inside = ids.contains(group.parent);
      for (std::size_t k = 0; k < (inside ? repeatOf(0) : 1); ++k) {
        Group copy = group;
        copy.layers.clear();
        for (const LayerId id : group.layers) {
          const std::vector<LayerId>& copies = ids_.at(id);
          if (inside)
            copy.layers.push_back(copies[k]);
          else
            copy.layers.insert(copy.layers.end(), copies.begin(), copies.end());
        }
        if (inside) copy.parent = ids.at(group.parent)[k];
        if (k > 0) {
          copy.id = next++;
          copy.name = copyName(group.name, static_cast<int>(k) + 1, names);
        }
        if (inside) ids[group.id].push_back(copy.id);
        TANDEM_TRY(expanded.insertGroup(std::move(copy)));
      }
    }
    return success();
  }

 private:
  std::size_t repeatOf(std::size_t block) const {
    return static_cast<std::size_t>(blocks_.all[block].group->repeat);
  }

  // Appends these layers, which have the first `depth` blocks around them in common, each followed by the further
  // repetitions of the blocks that it completes.
  void append(const std::vector<LayerId>& layers, std::size_t depth) {
    for (const LayerId id : layers) {
      append(*byId_.at(id));
      const std::vector<std::size_t>& around = blocks_.aroundOf(id);
      for (std::size_t level = around.size(); level-- > depth;) {
        const std::size_t at = around[level];
        const std::vector<LayerId>& members = blocks_.all[at].group->layers;
        if (members.back() != id) break;
        for (std::size_t k = 2; k <= repeatOf(at); ++k) {
          repetition_[at] = k;
          append(members, level + 1);
        }
        repetition_[at] = 1;
      }
    }
  }

  void append(const Layer& layer) {
    Layer copy = layer;
    const std::size_t index = indexOf(layer.id, blocks_.aroundOf(layer.id).size());
    copy.id = ids_.at(layer.id)[index];
    if (index > 0) {
      const int number = static_cast<int>(index) + 1;
      copy.name = copyName(layer.name, number, names_);
      out_.copies[copy.id] = {layer.id, number};
    }
    for (Source& input : copy.inputs)
      if (input != Source()) input = sourceOf(input, layer.id);
    layers_.push_back(std::move(copy));
  }

  // What the current repetition of `reader` reads where the drawn one reads `input`.
  Source sourceOf(Source input, LayerId reader) const {
    const std::vector<std::size_t>& around = blocks_.aroundOf(reader);
    std::size_t level = around.size();
    for (; level > 0 && !blocks_.all[around[level - 1]].contains(input.layer); --level) {
      const std::size_t at = around[level - 1];
      const Source exit = blocks_.all[at].exit();
      if (repetition_[at] > 1) return {ids_.at(exit.layer)[indexOf(exit.layer, level, 1)], exit.port};
    }
    return {ids_.at(input.layer)[indexOf(input.layer, level)], input.port};
  }

  // Which copy of a layer is in the current repetition of the first `shared` blocks around it and in the last one of
  // the others; `back`: in an earlier repetition of the last shared block.
  std::size_t indexOf(LayerId id, std::size_t shared, std::size_t back = 0) const {
    const std::vector<std::size_t>& around = blocks_.aroundOf(id);
    std::size_t index = 0;
    for (std::size_t level = 0; level < around.size(); ++level) {
      const std::size_t repeat = repeatOf(around[level]);
      const std::size_t number = level < shared ? repetition_[around[level]] : repeat;
      index = index * repeat + number - 1 - (level + 1 == shared ? back : 0);
    }
    return index;
  }

  const Network& network_;
  const Blocks& blocks_;
  std::vector<std::size_t> repetition_;  // of each block: the current one
  std::unordered_map<LayerId, const Layer*> byId_;
  std::unordered_map<LayerId, std::vector<LayerId>> ids_;  // by drawn layer: of its copies, itself first
  std::unordered_set<std::string> names_;
  std::vector<Layer> layers_;
  ExpandedNetwork out_;
};

}  // namespace

Origin ExpandedNetwork::origin(LayerId id) const {
  const auto found = copies.find(id);
  return found == copies.end() ? Origin{id, 1} : found->second;
}

std::vector<Repetition> repetitionsOf(const Network& drawn, Origin origin) {
  const std::vector<const Group*> around = drawn.groupsAround(origin.layer);
  std::vector<Repetition> repetitions;
  int rest = origin.repetition - 1;
  for (auto it = around.rbegin(); it != around.rend(); ++it) {
    const Group* const group = *it;
    if (group->repeat > 1) repetitions.push_back({group, rest % group->repeat + 1});
    rest /= group->repeat;
  }
  return repetitions;
}

std::vector<RepeatProblem> checkRepeats(const Network& network) {
  std::vector<RepeatProblem> problems;
  const Blocks blocks = findBlocks(network, std::nullopt);
  for (const Block* block : blocks.innerFirst())
    if (auto problem = problemOf(network, *block)) problems.push_back(std::move(*problem));
  return problems;
}

Result<ExpandedNetwork> expandRepeats(const Network& network, std::optional<GroupId> only) {
  const Blocks blocks = findBlocks(network, only);
  if (blocks.all.empty()) return ExpandedNetwork{network, {}};
  for (const Block* block : blocks.innerFirst())
    if (auto problem = problemOf(network, *block)) return std::move(problem->error);
  Writer writer(network, blocks);
  TANDEM_ASSIGN(ExpandedNetwork expanded, writer.write());
  if (only) TANDEM_TRY(writer.writeGroups(expanded.network));
  return expanded;
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
    const std::vector<Source> sources = sourcesOf(layer);
    if (!inside) readOutside.insert(sources.begin(), sources.end());
    const auto outer = [&](const Source& input) { return !group.contains(input.layer); };
    const bool entry = sources.empty() || std::ranges::any_of(sources, outer);
    if (inside && entry) border.entries.push_back(layer.id);
  }
  const std::unordered_set<LayerId> read = network.readLayers();
  for (const LayerId id : group.layers)
    for (const Source& output : outputsOf(*network.find(id)))
      if (readOutside.contains(output) || !read.contains(id)) border.exits.push_back(output);
  return border;
}

}  // namespace tandem
