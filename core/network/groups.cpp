// Network: edits of groups.
#include <fmt/format.h>

#include <algorithm>

#include "core/network/network.h"

namespace tandem {
namespace {

constexpr GroupId kMaxGroupId = 1'000'000'000;

Error noSuchGroup(GroupId id) {
  return {ErrorCode::NotFound, "there is no group with id " + std::to_string(id), {}, {}};
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

}  // namespace

bool Group::contains(LayerId layer) const {
  return std::ranges::find(layers, layer) != layers.end();
}

const Group* Network::findGroup(GroupId id) const {
  const auto it = std::ranges::find(groups_, id, &Group::id);
  return it == groups_.end() ? nullptr : &*it;
}

const Group* Network::groupOf(LayerId layer) const {
  const auto it = std::ranges::find_if(groups_, [&](const Group& group) { return group.contains(layer); });
  return it == groups_.end() ? nullptr : &*it;
}

Result<Group*> Network::requireGroup(GroupId id) {
  const auto it = std::ranges::find(groups_, id, &Group::id);
  if (it == groups_.end()) return noSuchGroup(id);
  return &*it;
}

std::size_t Network::expandedLayers() const {
  std::size_t count = layers_.size();
  for (const Group& group : groups_)
    count += group.layers.size() * static_cast<std::size_t>(group.repeat - 1);
  return count;
}

Status Network::checkGroupName(std::string_view name, GroupId self) const {
  TANDEM_TRY(checkSpelling(name, "a group"));
  for (const Group& other : groups_)
    if (other.name == name && other.id != self)
      return invalid("there is already a group named '" + std::string(name) + "'", {}, "Choose another name");
  return success();
}

Result<GroupId> Network::group(std::vector<LayerId> layers, std::string name) {
  const auto taken = [&] { return std::ranges::find(groups_, name, &Group::name) != groups_.end(); };
  if (name.empty()) {
    name = "block";
    for (int number = 2; taken(); ++number) name = "block_" + std::to_string(number);
  }
  Group group;
  group.id = nextGroupId_;
  group.name = std::move(name);
  group.layers = std::move(layers);
  TANDEM_TRY(insertGroup(std::move(group)));
  return groups_.back().id;
}

Status Network::insertGroup(Group group) {
  if (group.id < 1 || group.id > kMaxGroupId)
    return invalid("the group's id " + std::to_string(group.id) + " is out of range");
  if (findGroup(group.id)) return invalid("there is already a group with id " + std::to_string(group.id));
  TANDEM_TRY(checkGroupName(group.name, group.id));
  TANDEM_TRY(checkRepeat(group));
  if (group.layers.empty()) return invalid("has no layers", group.name, "Select layers first");
  std::vector<std::size_t> indices;  // in layers_
  for (const LayerId id : group.layers) {
    const Layer* layer = find(id);
    if (!layer) return Error{ErrorCode::NotFound, "there is no layer with id " + std::to_string(id), {}, {}};
    if (const Group* other = groupOf(id))
      return invalid("is already in the group '" + other->name + "'", layer->name,
                     "Ungroup it first; groups cannot be nested");
    indices.push_back(static_cast<std::size_t>(layer - layers_.data()));
  }
  std::ranges::sort(indices);
  if (const auto twice = std::ranges::adjacent_find(indices); twice != indices.end())
    return invalid("is in the group '" + group.name + "' twice", layers_[*twice].name);
  for (std::size_t i = 0; i < indices.size(); ++i) group.layers[i] = layers_[indices[i]].id;
  const std::size_t copies = indices.size() * static_cast<std::size_t>(group.repeat - 1);
  if (expandedLayers() + copies > kMaxLayers) return tooManyLayers(group.name, expandedLayers() + copies);
  nextGroupId_ = std::max(nextGroupId_, group.id + 1);
  groups_.push_back(std::move(group));
  return success();
}

Status Network::ungroup(GroupId id) {
  TANDEM_TRY(requireGroup(id));
  std::erase_if(groups_, [id](const Group& each) { return each.id == id; });
  return success();
}

Status Network::join(LayerId layer, GroupId id) {
  TANDEM_ASSIGN(const Group* const group, requireGroup(id));
  Network trial = *this;
  Group joined = *group;
  joined.layers.push_back(layer);
  const auto index = group - groups_.data();
  trial.groups_.erase(trial.groups_.begin() + index);
  TANDEM_TRY(trial.insertGroup(std::move(joined)));
  std::rotate(trial.groups_.begin() + index, trial.groups_.end() - 1,
              trial.groups_.end());  // back into its position
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
