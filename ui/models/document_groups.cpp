// The group edits of ProjectDocument.
#include <algorithm>

#include "core/network/repeat.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"
#include "ui/models/placement.h"
#include "ui/models/project_document.h"
#include "ui/models/training_heads.h"

namespace tandem::ui {
namespace {

QString nameOf(const Network& network, GroupId id) {
  const Group* group = network.findGroup(id);
  return group == nullptr ? QString() : QString::fromStdString(group->name);
}

QString namesOf(const Network& network, const std::set<GroupId>& groups) {
  QStringList names;
  for (const GroupId id : groups) names << nameOf(network, id);
  return names.join(QStringLiteral(", "));
}

bool isComplete(const Group& group, const std::set<LayerId>& layers) {
  return std::all_of(group.layers.begin(), group.layers.end(),
                     [&](LayerId id) { return layers.contains(id); });
}

// Folds or unfolds a group. Cards to its right move closer when it is folded, and back when it is unfolded.
Status fold(Project& project, GroupId id, bool folded) {
  const Group* found = project.network.findGroup(id);
  if (found == nullptr || found->folded == folded || isHidden(project.network, *found))
    return project.network.setFolded(id, folded);
  const Group group = *found;
  const QRectF box = membersBox(project.network, group, project.positions);
  const double gain = box.width() - kNodeWidth;
  // A folded group occupies only the width of its card.
  const double from = folded ? box.right() : box.left() + kNodeWidth;
  shiftBeside(project, box, from, folded ? -gain : gain, group);
  return project.network.setFolded(id, folded);
}

// Ungroups; the repetitions become separate layers and groups, each copy placed to the right of the previous one.
Result<std::set<LayerId>> dissolve(Project& project, GroupId id) {
  TANDEM_TRY(fold(project, id, false));
  const Group group = *project.network.findGroup(id);
  std::set<LayerId> layers(group.layers.begin(), group.layers.end());
  if (group.repeat == 1) {
    TANDEM_TRY(project.network.ungroup(id));
    return layers;
  }
  auto expanded = expandRepeats(project.network, id);
  if (!expanded.ok()) {
    Error error = std::move(expanded).error();
    error.hint = "Set its repeat to 1 first, because its repetitions cannot be expanded into layers";
    return error;
  }
  const QRectF box = membersBox(project.network, group, project.positions);
  const double step = box.width() + kColumnPitch - kNodeWidth;
  shiftBeside(project, box, box.right(), step * (group.repeat - 1), group);
  for (const auto& [copy, origin] : expanded->copies) {
    const Position first = project.positions[origin.layer];
    project.positions[copy] = {first.x + step * (origin.repetition - 1), first.y};
    layers.insert(copy);
    // Heads are trained on the last repetition.
    if (origin.repetition == group.repeat)
      renameOutput(project.training, project.network.find(origin.layer)->name,
                   expanded->network.find(copy)->name);
  }
  project.network = std::move(expanded->network);
  return layers;
}

}  // namespace

const Group* ProjectDocument::groupOfExactly(const std::set<LayerId>& layers) const {
  for (const Group& group : network().groups())
    if (group.layers.size() == layers.size() && isComplete(group, layers)) return &group;
  return nullptr;
}

std::set<GroupId> ProjectDocument::groupsOf(const std::set<LayerId>& layers) const {
  std::set<GroupId> chosen;
  std::set<LayerId> rest = layers;
  const auto choose = [&](const Group& group) {
    std::size_t found = 0;
    for (const LayerId id : group.layers) found += rest.erase(id);
    if (found > 0) chosen.insert(group.id);
  };
  const std::vector<Group>& groups = network().groups();
  for (const Group& group : groups)
    if (group.folded || isComplete(group, layers)) choose(group);
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) choose(*group);
  return chosen;
}

LayerFacts ProjectDocument::factsOf(const Group& group) const {
  LayerFacts total;
  for (const LayerId id : group.layers) {
    const auto found = analysis_.layers.find(id);
    if (found == analysis_.layers.end()) continue;
    total.parameters += found->second.parameters;
    total.untrained += found->second.untrained;
    total.forwardFlops += found->second.forwardFlops;
    total.activationBytes += found->second.activationBytes;
  }
  const std::vector<Source> exits = borderOf(network(), group).exits;
  if (exits.size() == 1) total.output = analysis_.shapeOf(exits.front());
  return total;
}

Result<GroupId> ProjectDocument::groupLayers(const std::set<LayerId>& layers) {
  Project after = *project_;
  const bool arranged = isArranged(after);
  std::set<LayerId> whole = layers;  // with all layers of the cards that hide them
  for (const LayerId id : layers)
    if (const Group* card = hidingGroup(network(), id))
      whole.insert(card->layers.begin(), card->layers.end());
  TANDEM_ASSIGN(const GroupId id, after.network.group({whole.begin(), whole.end()}));
  if (arranged) after.positions = layoutNetwork(after.network);
  const QString label = tr("Group %1").arg(nameOf(after.network, id));
  push(std::move(after), label);
  select(std::move(whole));
  return id;
}

Status ProjectDocument::ungroup(const std::set<GroupId>& groups) {
  Project after = *project_;
  const bool arranged = isArranged(after);
  std::set<LayerId> layers;
  std::vector<GroupId> innerFirst;
  for (const Group& group : network().groups())
    if (groups.contains(group.id)) innerFirst.insert(innerFirst.begin(), group.id);
  for (const GroupId id : innerFirst) {
    TANDEM_ASSIGN(const std::set<LayerId> freed, dissolve(after, id));
    layers.insert(freed.begin(), freed.end());
  }
  if (arranged) after.positions = layoutNetwork(after.network);
  push(std::move(after), tr("Ungroup %1").arg(namesOf(network(), groups)));
  select(layers);
  return success();
}

Status ProjectDocument::setFolded(const std::set<GroupId>& groups, bool folded) {
  Project after = *project_;
  const bool arranged = isArranged(after);
  for (const GroupId id : groups) TANDEM_TRY(fold(after, id, folded));
  if (arranged) after.positions = layoutNetwork(after.network);
  push(std::move(after), (folded ? tr("Fold %1") : tr("Unfold %1")).arg(namesOf(network(), groups)));
  return success();
}

Status ProjectDocument::setRepeat(GroupId group, int repeat) {
  Project after = *project_;
  TANDEM_TRY(after.network.setRepeat(group, repeat));
  push(std::move(after), tr("Change repeat of %1").arg(nameOf(network(), group)),
       QStringLiteral("repeat:%1").arg(group));
  return success();
}

Status ProjectDocument::renameGroup(GroupId group, const QString& name) {
  Project after = *project_;
  TANDEM_TRY(after.network.renameGroup(group, name.toStdString()));
  push(std::move(after), tr("Rename %1").arg(nameOf(network(), group)),
       QStringLiteral("renameGroup:%1").arg(group));
  return success();
}

}  // namespace tandem::ui
