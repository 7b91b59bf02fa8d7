#include "ui/editor/group_card.h"

#include <QGraphicsSceneMouseEvent>

#include "core/network/repeat.h"
#include "ui/editor/layer_glyph.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

// Returns the only place at which a connection can enter or leave a folded group.
template <class Place>
Result<Place> onlyOne(const std::vector<Place>& places, const Group& group, const char* none,
                      const char* several) {
  if (places.size() == 1) return places.front();
  return invalid((places.empty() ? none : several) + (" of '" + group.name + "'"), {},
                 "Unfold the group to choose the layer");
}

}  // namespace

QString groupTitle(const Group& group) {
  const QString name = QString::fromStdString(group.name);
  return group.repeat > 1 ? name + QStringLiteral(" ×%1").arg(group.repeat) : name;
}

GroupCard::GroupCard(ProjectDocument& document, GroupId id) : CardItem(document), id_(id) {
  refresh();
}

std::set<LayerId> GroupCard::layers() const {
  const Group* found = group();
  if (found == nullptr) return {};
  return {found->layers.begin(), found->layers.end()};
}

Result<Source> GroupCard::source(int) const {
  return onlyOne(borderOf(document_.network(), *group()).exits, *group(), "no layer is an output",
                 "there are several outputs");
}

Result<LayerId> GroupCard::sink() const {
  return onlyOne(borderOf(document_.network(), *group()).entries, *group(), "no layer is an input",
                 "several layers are inputs");
}

bool GroupCard::isUsed(int) const {
  for (const LayerId id : group()->layers) {
    for (const Source& input : sourcesOf(*document_.network().find(id)))
      if (!group()->contains(input.layer)) return true;
  }
  return false;
}

const Problem* GroupCard::problem() const {
  for (const Problem& problem : document_.analysis().problems) {
    if (group() != nullptr && group()->contains(problem.layer)) return &problem;
  }
  return nullptr;
}

QColor GroupCard::stripe() const {
  return Theme::instance().colors().accent;
}

void GroupCard::refresh() {
  if (!exists()) return;
  QString tip = QStringLiteral("<b>%1</b>").arg(groupTitle(*group()).toHtmlEscaped());
  for (const Problem& problem : document_.analysis().problems) {
    if (group()->contains(problem.layer))
      tip += "<br>" + QString::fromStdString(problem.error.text()).toHtmlEscaped();
  }
  tip += "<br>" + tr("Double-click to unfold");
  setToolTip(tip);
  update();
}

void GroupCard::paintNear(QPainter& painter) const {
  const auto layers = static_cast<int>(group()->layers.size());
  paintHeader(painter, kGroupGlyph, groupTitle(*group()),
              layers == 1 ? tr("1 layer") : tr("%n layers", nullptr, layers));
  paintFacts(painter, document_.factsOf(*group()));
}

void GroupCard::paintFar(QPainter& painter) const {
  paintFarHeader(painter, kGroupGlyph, groupTitle(*group()));
}

void GroupCard::mouseDoubleClickEvent(QGraphicsSceneMouseEvent* event) {
  if (event->button() == Qt::LeftButton) Q_EMIT unfoldRequested();
  event->accept();
}

}  // namespace tandem::ui
