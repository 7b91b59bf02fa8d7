// Network: edits of groups.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/network/network.h"

namespace tandem {
namespace {

constexpr GroupId kMaxGroupId = 1'000'000'000;

Error noSuchGroup(GroupId id) {
  return {ErrorCode::NotFound, "there is no group with id " + std::to_string(id), {}, {}};
}

Error noSuchLayer(LayerId id) {
  return {ErrorCode::NotFound, "there is no layer with id " + std::to_string(id), {}, {}};
}

Error tooManyLayers(const std::string& name, std::size_t layers) {
  return invalid(
      fmt::format("the network would have {} layers with all repetitions expanded; the limit is {}", layers,
                  kMaxLayers),
      name, "Reduce the repeat count");
}

Status checkRepeat(const Group& group) {
  if (group.repeat >= 1 && group.repeat <= kMaxRepeat) return success();
  return invalid(fmt::format("repeat must be from 1 to {}, not {}", kMaxRepeat, group.repeat), group.name);
}

bool containsAll(const Group& group, const std::vector<LayerId>& layers) {
  return std::ranges::all_of(layers, [&](LayerId id) { return group.contains(id); });
}

// The number of groups from the outermost to this one; 0 for no group.
int depthOf(const Network& network, GroupId id) {
  int depth = 0;
  for (; id != 0; id = network.findGroup(id)->parent) ++depth;
  return depth;
}

// The number of groups from this one to the innermost in it.
int heightOf(const Network& network, GroupId id) {
  int height = 0;
  for (const Group& each : network.groups())
    if (each.parent == id) height = std::max(height, heightOf(network, each.id));
  return height + 1;
}

// Sorts the layers of a group by their order in the network.
void sortLayers(const std::vector<Layer>& layers, Group& group) {
  const std::unordered_set<LayerId> members(group.layers.begin(), group.layers.end());
  group.layers.clear();
  for (const Layer& layer : layers)
    if (members.contains(layer.id)) group.layers.push_back(layer.id);
}

}  // namespace

bool Group::contains(LayerId layer) const {
  return std::ranges::find(layers, layer) != layers.end();
}

const Group* Network::findGroup(GroupId id) const {
  const auto it = std::ranges::find(groups_, id, &Group::id);
  return it == groups_.end() ? nullptr : &*it;
}

const Group* Network::groupAround(const std::vector<LayerId>& layers) const {
  if (layers.empty()) return nullptr;
  const auto it = std::find_if(groups_.rbegin(), groups_.rend(),
                               [&](const Group& group) { return containsAll(group, layers); });
  return it == groups_.rend() ? nullptr : &*it;
}

std::vector<const Group*> Network::groupsAround(LayerId layer) const {
  std::vector<const Group*> around;
  for (const Group& group : groups_)
    if (group.contains(layer)) around.push_back(&group);
  return around;
}

Result<Group*> Network::requireGroup(GroupId id) {
  const auto it = std::ranges::find(groups_, id, &Group::id);
  if (it == groups_.end()) return noSuchGroup(id);
  return &*it;
}

// An edit multiplies a number within the limits by at most kMaxRepeat, so this cannot overflow.
std::size_t Network::expandedLayers() const {
  std::size_t count = layers_.size();
  std::unordered_map<GroupId, std::size_t> times{
      {0, 1}};  // by group: how often a layer directly in it occurs
  for (const Group& group : groups_) {
    const std::size_t outer = times.at(group.parent), repeat = static_cast<std::size_t>(group.repeat);
    times[group.id] = outer * repeat;
    count += group.layers.size() * outer * (repeat - 1);
  }
  return count;
}

int Network::occurrences(LayerId layer) const {
  int count = 1;
  for (const Group* group : groupsAround(layer)) count *= group->repeat;
  return count;
}

Status Network::checkGroupName(std::string_view name, GroupId self) const {
  TANDEM_TRY(checkSpelling(name, "a group"));
  for (const Group& other : groups_)
    if (other.name == name && other.id != self)
      return invalid("there is already a group named '" + std::string(name) + "'", {}, "Choose another name");
  return success();
}

std::string Network::freeGroupName() const {
  std::string name = "block";
  const auto taken = [&] { return std::ranges::find(groups_, name, &Group::name) != groups_.end(); };
  for (int number = 2; taken(); ++number) name = "block_" + std::to_string(number);
  return name;
}

Result<GroupId> Network::group(std::vector<LayerId> layers, std::string name) {
  Group group;
  group.id = nextGroupId_;
  group.name = name.empty() ? freeGroupName() : std::move(name);
  group.layers = std::move(layers);
  const auto outer = std::find_if(groups_.rbegin(), groups_.rend(), [&](const Group& each) {
    return each.layers.size() > group.layers.size() && containsAll(each, group.layers);
  });
  if (outer != groups_.rend()) group.parent = outer->id;
  const GroupId id = group.id;
  TANDEM_TRY(insertGroup(std::move(group)));
  return id;
}

Status Network::insertGroup(Group group) {
  if (group.id < 1 || group.id > kMaxGroupId)
    return invalid("the group's id " + std::to_string(group.id) + " is out of range");
  if (findGroup(group.id)) return invalid("there is already a group with id " + std::to_string(group.id));
  if (groups_.size() >= kMaxLayers)
    return invalid("a network may have at most " + std::to_string(kMaxLayers) + " groups");
  TANDEM_TRY(checkGroupName(group.name, group.id));
  TANDEM_TRY(checkRepeat(group));
  const Group* const outer = findGroup(group.parent);
  if (group.parent != 0 && !outer) return noSuchGroup(group.parent);
  if (group.layers.empty()) return invalid("has no layers", group.name, "Select layers first");
  std::unordered_set<LayerId> members;
  for (const LayerId id : group.layers) {
    const Layer* layer = find(id);
    if (!layer) return noSuchLayer(id);
    if (!members.insert(id).second) return invalid("is in the group '" + group.name + "' twice", layer->name);
    if (outer && !outer->contains(id))
      return invalid("is not in the group '" + outer->name + "' around '" + group.name + "'", layer->name);
  }
  sortLayers(layers_, group);

  std::vector<std::size_t> inner;  // positions of the groups that it takes in
  int height = 0;
  const auto isMember = [&](LayerId id) { return members.contains(id); };
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Group& other = groups_[i];
    if (other.parent != group.parent) continue;
    const auto shared = std::ranges::find_if(other.layers, isMember);
    if (shared == other.layers.end()) continue;
    if (const auto left = std::ranges::find_if_not(other.layers, isMember); left != other.layers.end())
      return invalid("the group '" + other.name + "' contains '" + find(*shared)->name + "' and also '" +
                         find(*left)->name + "', which would be left out",
                     {}, "Select all layers of the group, or ungroup it first");
    inner.push_back(i);
    height = std::max(height, heightOf(*this, other.id));
  }
  if (depthOf(*this, group.parent) + 1 + height > kMaxGroupDepth)
    return invalid(fmt::format("groups can be nested at most {} deep", kMaxGroupDepth), group.name,
                   "Ungroup an enclosing group or one inside it");

  const GroupId id = group.id;
  const bool repeated = group.repeat > 1;
  const std::string name = group.name;
  for (const std::size_t i : inner) groups_[i].parent = id;
  const std::size_t place = inner.empty() ? groups_.size() : inner.front();
  groups_.insert(groups_.begin() + static_cast<std::ptrdiff_t>(place), std::move(group));
  if (const std::size_t layers = repeated ? expandedLayers() : 0; layers > kMaxLayers) {
    TANDEM_TRY(ungroup(id));
    return tooManyLayers(name, layers);
  }
  nextGroupId_ = std::max(nextGroupId_, id + 1);
  return success();
}

Status Network::ungroup(GroupId id) {
  TANDEM_ASSIGN(const Group* const group, requireGroup(id));
  const GroupId outer = group->parent;
  std::erase_if(groups_, [id](const Group& each) { return each.id == id; });
  for (Group& each : groups_)
    if (each.parent == id) each.parent = outer;
  return success();
}

Status Network::join(LayerId layer, GroupId id) {
  TANDEM_ASSIGN(const Group* const group, requireGroup(id));
  const Layer* const joining = find(layer);
  if (!joining) return noSuchLayer(layer);
  if (const Group* other = groupOf(layer))
    return invalid("is already in the group '" + other->name + "'", joining->name, "Ungroup it first");
  Network trial = *this;
  for (GroupId at = id; at != 0;) {
    TANDEM_ASSIGN(Group* const joined, trial.requireGroup(at));
    joined->layers.push_back(layer);
    sortLayers(layers_, *joined);
    at = joined->parent;
  }
  if (const std::size_t layers = trial.expandedLayers(); layers > kMaxLayers)
    return tooManyLayers(group->name, layers);
  *this = std::move(trial);
  return success();
}

Status Network::renameGroup(GroupId id, std::string name) {
  TANDEM_ASSIGN(Group* const group, requireGroup(id));
  TANDEM_TRY(checkGroupName(name, id));
  group->name = std::move(name);
  return success();
}

Status Network::setRepeat(GroupId id, int repeat) {
  TANDEM_ASSIGN(Group* const group, requireGroup(id));
  const int before = std::exchange(group->repeat, repeat);
  Status status = checkRepeat(*group);
  if (const std::size_t layers = status.ok() ? expandedLayers() : 0; layers > kMaxLayers)
    status = tooManyLayers(group->name, layers);
  if (!status.ok()) group->repeat = before;
  return status;
}

Status Network::setFolded(GroupId id, bool folded) {
  TANDEM_ASSIGN(Group* const group, requireGroup(id));
  group->folded = folded;
  return success();
}

}  // namespace tandem
