// The commands of NetworkView: menu, shortcuts, clipboard.
#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>

#include "ui/editor/network_view.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"

namespace tandem::ui {
namespace {

constexpr auto kLayersMime = "application/x-tandem-layers";
constexpr double kPasteStep = 2 * kGrid;

}  // namespace

QAction* NetworkView::addCommand(QList<QAction*>& list, const QString& name, const QString& text,
                                 const QList<QKeySequence>& keys, void (NetworkView::*slot)()) {
  auto* action = new QAction(text, this);
  action->setObjectName(name);
  action->setShortcuts(keys);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  connect(action, &QAction::triggered, this, slot);
  addAction(action);
  list.append(action);
  return action;
}

void NetworkView::makeActions() {
  auto& edit = editActions_;
  addCommand(edit, "actionCut", tr("Cu&t"), QKeySequence::keyBindings(QKeySequence::Cut), &NetworkView::cut);
  addCommand(edit, "actionCopy", tr("&Copy"), QKeySequence::keyBindings(QKeySequence::Copy),
             &NetworkView::copy);
  addCommand(edit, "actionPaste", tr("&Paste"), QKeySequence::keyBindings(QKeySequence::Paste),
             &NetworkView::paste);
  addCommand(edit, "actionDuplicate", tr("D&uplicate"), {Qt::CTRL | Qt::Key_D}, &NetworkView::duplicate);
  addCommand(edit, "actionDelete", tr("&Delete"), {Qt::Key_Delete, Qt::Key_Backspace},
             &NetworkView::removeSelected);
  addCommand(edit, "actionSelectAll", tr("Select &all"), QKeySequence::keyBindings(QKeySequence::SelectAll),
             &NetworkView::selectAllLayers);
  addCommand(edit, "actionGroup", tr("&Group"), {Qt::CTRL | Qt::Key_G}, &NetworkView::groupSelected);
  addCommand(edit, "actionUngroup", tr("U&ngroup"), {Qt::CTRL | Qt::SHIFT | Qt::Key_G},
             &NetworkView::ungroupSelected);
  addCommand(edit, "actionFold", tr("&Fold group"), {Qt::CTRL | Qt::SHIFT | Qt::Key_F},
             &NetworkView::foldSelected);
  addCommand(edit, "actionFreeze", tr("Free&ze"), {Qt::CTRL | Qt::SHIFT | Qt::Key_L},
             &NetworkView::freezeSelected);
  addCommand(edit, "actionFreezeTo", tr("Freeze up to &here"), {}, &NetworkView::freezeToSelected);
  auto& view = viewActions_;
  addCommand(view, "actionZoomIn", tr("Zoom &in"), {Qt::CTRL | Qt::Key_Plus, Qt::CTRL | Qt::Key_Equal},
             &NetworkView::zoomIn);
  addCommand(view, "actionZoomOut", tr("Zoom &out"), {Qt::CTRL | Qt::Key_Minus}, &NetworkView::zoomOut);
  addCommand(view, "actionFit", tr("&Fit network"), {Qt::CTRL | Qt::Key_0}, &NetworkView::fit);
  addCommand(view, "actionArrange", tr("&Arrange layers"), {Qt::CTRL | Qt::SHIFT | Qt::Key_A},
             &NetworkView::arrangeLayers);
}

void NetworkView::updateActions() {
  const bool layers = !document_.selectedLayers().empty();
  const bool any = layers || !document_.selectedConnections().empty();
  const bool network = !document_.network().layers().empty();
  const std::set<GroupId> groups = document_.groupsOf(document_.selectedLayers());
  using Trained = ProjectDocument::Trained;
  const Trained trained = document_.trained(document_.selectedLayers());
  for (QAction* action : editActions_ + viewActions_) {
    const QString name = action->objectName();
    if (name == "actionGroup") action->setEnabled(layers);
    if (name == "actionUngroup" || name == "actionFold") action->setEnabled(!groups.empty());
    if (name == "actionFold") action->setText(allFolded(groups) ? tr("Un&fold group") : tr("&Fold group"));
    if (name == "actionFreeze") {
      action->setEnabled(trained != Trained::NoWeights);
      action->setText(trained == Trained::None ? tr("Unfree&ze") : tr("Free&ze"));
    }
    if (name == "actionFreezeTo") action->setEnabled(layers);
    if (name == "actionCut" || name == "actionCopy" || name == "actionDuplicate") action->setEnabled(layers);
    if (name == "actionDelete") action->setEnabled(any);
    if (name == "actionSelectAll" || name == "actionFit" || name == "actionArrange")
      action->setEnabled(network);
  }
}

void NetworkView::copy() {
  if (document_.selectedLayers().empty()) return;
  const QByteArray text = document_.copyLayers(document_.selectedLayers());
  auto* content = new QMimeData;
  content->setData(kLayersMime, text);
  content->setText(QString::fromUtf8(text));
  QGuiApplication::clipboard()->setMimeData(content);
  pastes_ = 0;
}

void NetworkView::cut() {
  copy();
  removeSelected();
}

void NetworkView::paste() {
  const QMimeData* content = QGuiApplication::clipboard()->mimeData();
  if (content == nullptr || (!content->hasFormat(kLayersMime) && !content->hasText())) {
    showMessage(tr("The clipboard contains no layers."));
    return;
  }
  const QByteArray text =
      content->hasFormat(kLayersMime) ? content->data(kLayersMime) : content->text().toUtf8();
  const double offset = ++pastes_ * kPasteStep;
  const auto pasted = document_.pasteLayers(text, {offset, offset}, tr("Paste"));
  if (!pasted.ok()) showMessage(tr("The clipboard contains no layers: %1").arg(errorText(pasted.error())));
}

void NetworkView::duplicate() {
  if (document_.selectedLayers().empty()) return;
  const QByteArray text = document_.copyLayers(document_.selectedLayers());
  const auto copies = document_.pasteLayers(text, {kPasteStep, kPasteStep}, tr("Duplicate"));
  if (!copies.ok()) showMessage(errorText(copies.error()));
}

void NetworkView::removeSelected() {
  const Status status = document_.removeSelection();
  if (!status.ok()) showMessage(errorText(status.error()));
}

void NetworkView::selectAllLayers() {
  std::set<LayerId> all;
  for (const Layer& layer : document_.network().layers()) all.insert(layer.id);
  document_.select(std::move(all));
}

bool NetworkView::allFolded(const std::set<GroupId>& groups) const {
  return !groups.empty() && std::all_of(groups.begin(), groups.end(), [this](GroupId id) {
    return document_.network().findGroup(id)->folded;
  });
}

void NetworkView::groupSelected() {
  const auto id = document_.groupLayers(document_.selectedLayers());
  if (!id.ok()) showMessage(errorText(id.error()));
}

void NetworkView::ungroupSelected() {
  const Status status = document_.ungroup(document_.groupsOf(document_.selectedLayers()));
  if (!status.ok()) showMessage(errorText(status.error()));
}

void NetworkView::foldSelected() {
  const std::set<GroupId> groups = document_.groupsOf(document_.selectedLayers());
  const Status status = document_.setFolded(groups, !allFolded(groups));
  if (!status.ok()) showMessage(errorText(status.error()));
}

void NetworkView::freezeSelected() {
  const std::set<LayerId>& layers = document_.selectedLayers();
  const bool frozen = document_.trained(layers) == ProjectDocument::Trained::None;
  const Status status = document_.setTrainable(layers, frozen);
  if (!status.ok()) showMessage(errorText(status.error()));
}

void NetworkView::freezeToSelected() {
  std::set<LayerId> layers;
  for (const LayerId id : document_.selectedLayers())
    for (const LayerId before : document_.network().upTo(id)) layers.insert(before);
  const Status status = document_.setTrainable(layers, false);
  if (!status.ok()) showMessage(errorText(status.error()));
}

void NetworkView::arrangeLayers() {
  document_.arrange();
  fit();
}

}  // namespace tandem::ui
