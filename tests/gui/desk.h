// The panels of the editor side by side, for tests that draw networks.
#pragma once

#include <QHBoxLayout>

#include "tests/gui/gui_test.h"
#include "ui/editor/layer_palette.h"
#include "ui/editor/network_view.h"
#include "ui/editor/palette_model.h"
#include "ui/editor/problems_panel.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/models/network_layout.h"

namespace tandem::ui {

// Arranges the panels as in the main window.
struct Desk {
  ProjectDocument document;
  QWidget window;
  LayerPalette* palette = new LayerPalette(document);
  NetworkView* view = new NetworkView(document);
  InspectorPanel* inspector = new InspectorPanel(document);
  ProblemsPanel* problems = new ProblemsPanel(document);

  Desk() {
    window.setObjectName("desk");
    auto* column = new QVBoxLayout(&window);
    auto* row = new QHBoxLayout;
    row->addWidget(palette);
    row->addWidget(view, 1);
    row->addWidget(inspector);
    column->addLayout(row, 1);
    column->addWidget(problems);
    window.resize(1280, 800);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) qFatal("the window does not show");
  }

  QWidget* canvas() { return view->viewport(); }
  LayerId add(const char* type, QPointF at) { return *document.addLayer(type, at); }
  const Layer& layer(LayerId id) { return *document.network().find(id); }
  QPoint inView(QPointF scene) { return view->mapFromScene(scene); }
  QPoint outputOf(Source source) {
    const NodeItem* node = view->networkScene()->node(source.layer);
    return inView(node->mapToScene(node->outputPort(source.port)));
  }
  QPoint inputOf(LayerId id, int port) {
    const NodeItem* node = view->networkScene()->node(id);
    return inView(node->mapToScene(node->inputPort(port)));
  }
  QPoint middleOf(LayerId id) {
    return inView(view->networkScene()->node(id)->mapToScene(QPointF(kNodeWidth / 2, 30)));
  }
  void key(int key, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    view->setFocus();
    QTest::keyClick(view, static_cast<Qt::Key>(key), keys);
  }
  // Drops a layer from the palette, with the MIME data of its model.
  void dropLayer(const QString& type, QPoint at) {
    PaletteModel model;
    for (int c = 0; c < model.rowCount(); ++c) {
      const QModelIndex category = model.index(c, 0);
      for (int r = 0; r < model.rowCount(category); ++r) {
        const QModelIndex item = model.index(r, 0, category);
        if (item.data(PaletteModel::TypeRole).toString() != type) continue;
        const std::unique_ptr<QMimeData> content(model.mimeData({item}));
        test::drop(canvas(), at, *content);
        return;
      }
    }
    qFatal("the palette has no %s", qPrintable(type));
  }
};

}  // namespace tandem::ui
