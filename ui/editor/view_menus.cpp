// The context menus of NetworkView: one for each kind of subject, which is selected first, because the commands
// act on the selection.
#include <QContextMenuEvent>
#include <QMenu>

#include "ui/editor/layer_glyph.h"
#include "ui/editor/network_view.h"
#include "ui/editor/palette_model.h"
#include "ui/models/format.h"

namespace tandem::ui {

QAction* NetworkView::command(const QString& name) const {
  for (QAction* action : editActions_ + viewActions_)
    if (action->objectName() == name) return action;
  TANDEM_CHECK(false, "the canvas has this command");
}

// The layers of the palette; each is inserted into the connection.
void NetworkView::addInsertMenu(QMenu& menu, Connection connection) {
  QMenu* layers = menu.addMenu(tr("&Insert layer"));
  layers->setObjectName("insertMenu");
  PaletteModel palette;
  for (int c = 0; c < palette.rowCount(); ++c) {
    const QModelIndex category = palette.index(c, 0);
    QMenu* section = nullptr;
    for (int r = 0; r < palette.rowCount(category); ++r) {
      const QModelIndex index = palette.index(r, 0, category);
      const QString type = index.data(PaletteModel::TypeRole).toString();
      const LayerDef* def = findLayer(type.toStdString());
      if (def == nullptr || def->maxInputs == 0) continue;
      if (section == nullptr) section = layers->addMenu(category.data().toString());
      QAction* insert = section->addAction(layerIcon(def->type), index.data().toString());
      insert->setObjectName("insert_" + type);
      connect(insert, &QAction::triggered, this, [this, type, connection] {
        const auto added = document_.insertLayer(type, connection);
        if (!added.ok()) showMessage(errorText(added.error()));
      });
    }
  }
}

void NetworkView::contextMenuEvent(QContextMenuEvent* event) {
  using Subject = NetworkScene::Subject;
  const auto& layers = document_.selectedLayers();
  const auto& connections = document_.selectedConnections();
  Subject subject = Subject::Canvas;
  if (event->reason() == QContextMenuEvent::Mouse)
    subject = scene_->selectAt(mapToScene(event->pos()));
  else if (!layers.empty())
    subject = document_.groupOfExactly(layers) != nullptr ? Subject::Group : Subject::Card;
  else if (!connections.empty())
    subject = Subject::Connection;
  QMenu menu(this);
  const auto add = [&](std::initializer_list<const char*> names) {
    if (!menu.isEmpty()) menu.addSeparator();
    for (const char* name : names) menu.addAction(command(name));
  };
  switch (subject) {
    case Subject::Card:
      menu.setObjectName("cardMenu");
      add({"actionCut", "actionCopy", "actionDuplicate", "actionDelete"});
      add({"actionFreeze", "actionFreezeTo"});
      add({"actionGroup"});
      if (!document_.groupsOf(layers).empty()) add({"actionFold", "actionUngroup"});
      break;
    case Subject::Group:
      menu.setObjectName("groupMenu");
      add({"actionFold", "actionGroup", "actionUngroup"});
      add({"actionFreeze", "actionFreezeTo"});
      add({"actionCut", "actionCopy", "actionDuplicate", "actionDelete"});
      break;
    case Subject::Connection:
      menu.setObjectName("connectionMenu");
      if (connections.size() == 1) addInsertMenu(menu, connections.front());
      add({"actionDelete"});
      break;
    case Subject::Canvas:
      menu.setObjectName("canvasMenu");
      add({"actionPaste", "actionSelectAll"});
      add({"actionZoomIn", "actionZoomOut", "actionFit", "actionArrange"});
      break;
  }
  menu.exec(event->globalPos());
}

}  // namespace tandem::ui
