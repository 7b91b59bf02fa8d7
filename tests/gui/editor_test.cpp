// Draws networks on the canvas as a user does; asserts on the document.
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTreeView>

#include "tests/gui/desk.h"
#include "ui/data/data_preview.h"
#include "ui/models/format.h"
#include "ui/models/problems_model.h"

namespace tandem::ui {

using test::find;

class EditorTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void droppingALayerAddsItOnTheGrid() {
    Desk desk;
    desk.dropLayer("dense", {300, 200});
    QCOMPARE(desk.document.network().layers().size(), 1U);
    const Layer& layer = desk.document.network().layers().front();
    QCOMPARE(layer.type, std::string("dense"));
    const QPointF at = desk.document.position(layer.id);
    QCOMPARE(std::fmod(at.x(), kGrid), 0.0);
    QCOMPARE(std::fmod(at.y(), kGrid), 0.0);
    QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{layer.id});
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.network().layers().empty());
  }

  void theCanvasStaysUnderThePointer() {
    Desk desk;
    desk.dropLayer("input", {200, 200});
    const LayerId first = desk.document.network().layers().front().id;
    const QPoint before = desk.middleOf(first);
    desk.dropLayer("dense", {500, 300});
    QCOMPARE(desk.middleOf(first), before);
  }

  void onlyLayersCanBeDropped() {
    Desk desk;
    QMimeData content;
    content.setText("conv2d");
    test::drop(desk.canvas(), {300, 200}, content);
    QVERIFY(desk.document.network().layers().empty());
    QCOMPARE(desk.document.undoStack()->count(), 0);
  }

  void droppingOnAConnectionInserts() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), dense = desk.add("dense", {300, 40});
    QVERIFY(desk.document.connectLayers(input, dense).ok());
    desk.view->fit();
    desk.dropLayer("flatten", desk.inView(desk.view->networkScene()->connection({input, dense})->middle()));
    QCOMPARE(desk.document.network().layers().size(), 3U);
    const LayerId flatten = desk.document.network().findByName("flatten")->id;
    QCOMPARE(desk.layer(flatten).inputs, std::vector<Source>{input});
    QCOMPARE(desk.layer(dense).inputs, std::vector<Source>{flatten});
    // The layers after it have moved to make space.
    QVERIFY(desk.document.position(flatten).x() >= desk.document.position(input).x() + kNodeWidth);
    QVERIFY(desk.document.position(dense).x() >= desk.document.position(flatten).x() + kNodeWidth);
    desk.document.undoStack()->undo();
    QCOMPARE(desk.layer(dense).inputs, std::vector<Source>{input});
  }

  void paletteAppendsAfterTheSelectedLayer() {
    Desk desk;
    auto* search = find<QLineEdit>(desk.palette, "paletteSearch");
    for (const char* type : {"input", "conv2d", "flatten"}) {
      search->clear();
      QTest::keyClicks(search, type);
      QTest::keyClick(search, Qt::Key_Return);
    }
    QCOMPARE(desk.document.network().layers().size(), 3U);
    const Network& network = desk.document.network();
    QCOMPARE(network.findByName("conv2d")->inputs, std::vector<Source>{network.findByName("input")->id});
    QCOMPARE(network.findByName("flatten")->inputs, std::vector<Source>{network.findByName("conv2d")->id});

    // In the middle of a chain it is inserted between its neighbours.
    const LayerId conv = network.findByName("conv2d")->id;
    desk.document.select({conv});
    search->clear();
    QTest::keyClicks(search, "BatchNorm");  // its name in Keras
    auto* list = find<QTreeView>(desk.palette, "paletteList");
    const QPoint item = list->visualRect(list->currentIndex()).center();
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, item);
    QTest::mouseDClick(list->viewport(), Qt::LeftButton, {}, item);
    const Layer* norm = desk.document.network().findByName("batch_norm");
    QVERIFY(norm != nullptr);
    QCOMPARE(norm->inputs, std::vector<Source>{conv});
    QCOMPARE(desk.document.network().findByName("flatten")->inputs, std::vector<Source>{norm->id});
  }

  void paletteAddsBlocksAfterASequence() {
    Desk desk;
    auto* search = find<QLineEdit>(desk.palette, "paletteSearch");
    const auto add = [&](const char* text) {
      search->clear();
      QTest::keyClicks(search, text);
      QTest::keyClick(search, Qt::Key_Return);
    };
    QSignalSpy refused(desk.palette, &LayerPalette::refused);
    const LayerId input = desk.add("input", {0, 0});
    QVERIFY(desk.document.setProperty(input, "shape", std::vector<std::int64_t>{9, 9, 1}).ok());
    add("transformer_encoder");  // after an image
    QCOMPARE(refused.count(), 1);
    QVERIFY2(refused[0][0].toString().contains("9 x 9 x 1"), qPrintable(refused[0][0].toString()));
    QVERIFY(desk.document.setProperty(input, "shape", std::vector<std::int64_t>{9, 16}).ok());
    const LayerId flat = *desk.document.addLayerAfter("flatten", input);
    desk.document.select({input});
    const int before = desk.document.undoStack()->count();
    add("transformer_encoder");
    QCOMPARE(refused.count(), 1);
    QCOMPARE(desk.document.undoStack()->count(), before + 1);
    const Network& network = desk.document.network();
    QCOMPARE(network.layers().size(), 11U);
    QCOMPARE(network.groups().size(), 1U);
    const Group& group = network.groups().front();
    QCOMPARE(QString::fromStdString(group.name), QString("Transformer encoder"));
    QCOMPARE(desk.document.analysis().layers.at(flat).output->text(), std::string("144"));
    QVERIFY(group.contains(network.find(flat)->inputs[0].layer));  // it is inserted before the reader
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{group.layers.begin(), group.layers.end()}));
    desk.document.select({input});
    add("transformer_encoder");  // before the first one, of which two layers read the input
    QCOMPARE(desk.document.network().layers().size(), 20U);
    QCOMPARE(desk.document.network().outputs().size(), 1U);
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QCOMPARE(desk.document.network().layers().size(), 2U);
    QCOMPARE(desk.document.network().find(flat)->inputs, std::vector<Source>{input});
  }

  void paletteKnowsTheNamesInPyTorch() {
    Desk desk;
    auto* search = find<QLineEdit>(desk.palette, "paletteSearch");
    QTest::keyClicks(search, "Linear");
    const QModelIndex found = find<QTreeView>(desk.palette, "paletteList")->currentIndex();
    QCOMPARE(found.data(PaletteModel::TypeRole).toString(), QString("dense"));
    const QString tip = found.data(Qt::ToolTipRole).toString();
    QVERIFY2(tip.endsWith("<br>In Keras: Dense, in PyTorch: Linear"), qPrintable(tip));
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(find<QLabel>(desk.inspector, "layerTitle")->toolTip(),
             QString("In Keras: Dense, in PyTorch: Linear"));
  }

  void connectingByDrag() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), dense = desk.add("dense", {300, 120});
    desk.view->fit();
    test::drag(desk.canvas(), desk.outputOf(input), desk.middleOf(dense));
    QCOMPARE(desk.layer(dense).inputs, std::vector<Source>{input});
    desk.document.undoStack()->undo();
    QVERIFY(desk.layer(dense).inputs.empty());
  }

  void eachOutputOfALayerHasAPort() {
    Desk desk;
    const LayerId split = desk.add("split", {0, 0}), dense = desk.add("dense", {300, 120});
    desk.view->fit();
    test::drag(desk.canvas(), desk.outputOf({split, 1}), desk.middleOf(dense));
    QCOMPARE(desk.layer(dense).inputs, (std::vector<Source>{{split, 1}}));
    const ConnectionItem* line = desk.view->networkScene()->connection({{split, 1}, dense});
    QVERIFY(line != nullptr);
    const NodeItem* card = desk.view->networkScene()->node(split);
    QCOMPARE(line->path().pointAtPercent(0), card->pos() + card->outputPort(1));
    QVERIFY(card->outputPort(0).y() < card->outputPort(1).y());
    QVERIFY(card->toolTip().contains("split/part_2"));
    // The next layer reads the output that is still open.
    const LayerId next = *desk.document.addLayerAfter("dense", split);
    QCOMPARE(desk.layer(next).inputs, (std::vector<Source>{{split, 0}}));
    // A layer that is inserted into a connection reads the same output.
    const LayerId relu = *desk.document.insertLayer("activation", {{split, 1}, dense});
    QCOMPARE(desk.layer(relu).inputs, (std::vector<Source>{{split, 1}}));
    QCOMPARE(desk.layer(dense).inputs, (std::vector<Source>{relu}));
    // Copies of the layers are connected in the same way.
    const auto copies = desk.document.pasteLayers(desk.document.copyLayers({split, relu}), {0, 300}, "Paste");
    QVERIFY(copies.ok());
    QCOMPARE(desk.layer(*copies->rbegin()).inputs, (std::vector<Source>{{*copies->begin(), 1}}));
  }

  void eachNamedInputOfALayerHasAPort() {
    Desk desk;
    const LayerId a = desk.add("dense", {0, 0}), b = desk.add("dense", {0, 200}),
                  minus = desk.add("subtract", {400, 100});
    desk.view->fit();
    const Source none;
    test::drag(desk.canvas(), desk.outputOf(b), desk.inputOf(minus, 1));
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{none, b}));
    const NodeItem* card = desk.view->networkScene()->node(minus);
    const ConnectionItem* line = desk.view->networkScene()->connection({b, minus, 1});
    QVERIFY(line != nullptr);
    QCOMPARE(line->path().pointAtPercent(1), card->pos() + card->inputPort(1));
    QVERIFY(card->inputPort(0).y() < card->inputPort(1).y());
    QVERIFY2(card->toolTip().contains("Input minuend: not connected"), qPrintable(card->toolTip()));
    QVERIFY2(card->toolTip().contains("Input subtrahend: dense_2"), qPrintable(card->toolTip()));
    // Dropped on the card, a connection takes the port that is free.
    test::drag(desk.canvas(), desk.outputOf(a), desk.middleOf(minus));
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{a, b}));
    desk.document.undoStack()->undo();
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{none, b}));
    desk.document.undoStack()->redo();
    auto* message = find<QLabel>(desk.view, "canvasMessage");
    test::drag(desk.canvas(), desk.outputOf(a), desk.middleOf(minus));
    QVERIFY2(message->text().contains("minuend and subtrahend"), qPrintable(message->text()));
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{a, b}));
    // Dropped on a port, it replaces what is there.
    test::drag(desk.canvas(), desk.outputOf(b), desk.inputOf(minus, 0));
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{b, b}));
    // Each of two connections between the same layers can be deleted; the other one keeps its port.
    desk.document.select({}, {Connection{b, minus, 0}});
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{none, b}));
    test::drag(desk.canvas(), desk.outputOf(a), desk.inputOf(minus, 0));
    const LayerId relu = *desk.document.insertLayer("activation", {b, minus, 1});
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{a, relu}));
    // In a copy without the first input, the second one keeps its port.
    const auto copies = desk.document.pasteLayers(desk.document.copyLayers({relu, minus}), {0, 300}, "Paste");
    QVERIFY(copies.ok());
    QCOMPARE(copies->size(), 2U);
    const LayerId first = *copies->begin(), second = *copies->rbegin();
    const LayerId copy = desk.layer(first).type == "subtract" ? first : second;
    QCOMPARE(desk.layer(copy).inputs, (std::vector<Source>{none, copy == first ? second : first}));
    desk.document.select({a});
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.layer(minus).inputs, (std::vector<Source>{none, relu}));
  }

  void rejectedConnectionsSayWhy() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), dense = desk.add("dense", {300, 120}),
                  relu = desk.add("activation", {600, 0});
    QVERIFY(desk.document.connectLayers(dense, relu).ok());
    const Project before = desk.document.project();
    desk.view->fit();
    auto* message = find<QLabel>(desk.view, "canvasMessage");
    test::drag(desk.canvas(), desk.outputOf(relu), desk.middleOf(dense));
    QVERIFY(desk.document.project() == before);
    QVERIFY(message->isVisible());
    QVERIFY2(message->text().contains("cycle"), qPrintable(message->text()));
    test::drag(desk.canvas(), desk.outputOf(dense), desk.middleOf(input));
    QVERIFY(desk.document.project() == before);
    QVERIFY2(message->text().contains("input"), qPrintable(message->text()));
    // Releasing over the empty canvas makes no edit and shows no message.
    message->hide();
    test::drag(desk.canvas(), desk.outputOf(input), QPoint(5, 5));
    QVERIFY(desk.document.project() == before);
    QVERIFY(!message->isVisible());
  }

  void movingByMouseAndKeys() {
    Desk desk;
    const LayerId dense = desk.add("dense", {0, 0});
    const int count = desk.document.undoStack()->count();
    desk.document.select({});
    const QPoint from = desk.middleOf(dense);
    test::drag(desk.canvas(), from, from + QPoint(83, 39));
    QCOMPARE(desk.document.position(dense), QPointF(80, 40));
    QCOMPARE(desk.document.undoStack()->count(), count + 1);
    desk.key(Qt::Key_Right);
    desk.key(Qt::Key_Right);
    desk.key(Qt::Key_Down);
    QCOMPARE(desk.document.position(dense), QPointF(120, 60));
    QCOMPARE(desk.document.undoStack()->count(), count + 2);  // nudges are one step
    desk.document.undoStack()->undo();
    QCOMPARE(desk.document.position(dense), QPointF(80, 40));
    desk.document.undoStack()->undo();
    QCOMPARE(desk.document.position(dense), QPointF(0, 0));
  }

  void rubberBandSelects() {
    Desk desk;
    const LayerId a = desk.add("input", {0, 0}), b = desk.add("dense", {220, 0});
    desk.add("dense", {660, 300});
    desk.view->fit();
    test::drag(desk.canvas(), desk.inView({-15, -15}), desk.inView({420, 120}));
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{a, b}));
  }

  void deleteAndUndoRestoreEverything() {
    Desk desk;
    QVERIFY(desk.document.newFromTemplate("Fashion-MNIST CNN").ok());
    const Project before = desk.document.project();
    QVERIFY(before.network.layers().size() > 5);
    desk.key(Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(desk.document.selectedLayers().size(), before.network.layers().size());
    desk.key(Qt::Key_Delete);
    QVERIFY(desk.document.network().layers().empty());
    QVERIFY(find<QLabel>(desk.view, "canvasEmpty")->isVisible());
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    // Deleting a layer in the middle connects its readers to its inputs.
    const LayerId middle = before.network.layers()[2].id;
    desk.document.select({middle});
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.document.network().find(before.network.layers()[3].id)->inputs,
             before.network.layers()[2].inputs);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
  }

  void connectionsCanBeDeleted() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), flatten = desk.add("flatten", {300, 0});
    QVERIFY(desk.document.connectLayers(input, flatten).ok());
    desk.view->fit();
    const QPoint middle = desk.inView(desk.view->networkScene()->connection({input, flatten})->middle());
    QTest::mouseClick(desk.canvas(), Qt::LeftButton, {}, middle);
    QCOMPARE(desk.document.selectedConnections().size(), 1U);
    desk.key(Qt::Key_Delete);
    QVERIFY(desk.layer(flatten).inputs.empty());
    QCOMPARE(desk.document.network().layers().size(), 2U);
  }

  void copyAndPastePreserveConnections() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), conv = desk.add("conv2d", {220, 0}),
                  relu = desk.add("activation", {440, 0});
    QVERIFY(desk.document.connectLayers(input, conv).ok());
    QVERIFY(desk.document.connectLayers(conv, relu).ok());
    QVERIFY(desk.document.setProperty(conv, "filters", std::int64_t{7}).ok());
    desk.document.select({conv, relu});
    const Project before = desk.document.project();
    desk.key(Qt::Key_C, Qt::ControlModifier);
    desk.key(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(desk.document.network().layers().size(), 5U);
    const Layer* copy = desk.document.network().findByName("conv2d_2");
    QVERIFY(copy != nullptr);
    QCOMPARE(copy->properties.integer("filters", 0), 7);
    QVERIFY(copy->inputs.empty());  // the input was not copied
    QCOMPARE(desk.document.network().findByName("activation_2")->inputs, std::vector<Source>{copy->id});
    QCOMPARE(desk.document.selectedLayers().size(), 2U);
    QVERIFY(desk.document.position(copy->id) != desk.document.position(conv));
    desk.key(Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(desk.document.network().layers().size(), 7U);
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    QGuiApplication::clipboard()->setText("not a network");
    desk.key(Qt::Key_V, Qt::ControlModifier);
    QVERIFY(desk.document.project() == before);
    QVERIFY(find<QLabel>(desk.view, "canvasMessage")->isVisible());
  }

  void zoomAndFit() {
    Desk desk;
    QVERIFY(desk.document.newFromTemplate("Fashion-MNIST CNN").ok());
    const double fitted = desk.view->zoom();
    const QRectF contents = desk.view->networkScene()->contents();
    QVERIFY(desk.canvas()->rect().contains(desk.view->mapFromScene(contents).boundingRect()));
    desk.key(Qt::Key_Plus, Qt::ControlModifier);
    QVERIFY(desk.view->zoom() > fitted);
    desk.key(Qt::Key_0, Qt::ControlModifier);
    QVERIFY(std::abs(desk.view->zoom() - fitted) < 1e-9);
    const QPoint anchor(200, 100);
    const QPointF below = desk.view->mapToScene(anchor);
    QWheelEvent wheel(anchor, desk.canvas()->mapToGlobal(anchor), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(desk.canvas(), &wheel);
    QVERIFY(desk.view->zoom() > fitted);
    QVERIFY(QLineF(desk.view->mapToScene(anchor), below).length() <
            3);  // the point below the pointer stays in place
  }

  // Screenshots in both themes, if TANDEM_SCREENSHOTS names a folder.
  void screenshots() {
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
      Theme::instance().setMode(mode);
      const QString tone = mode == ThemeMode::Light ? "light" : "dark";
      Desk desk;
      test::screenshot(&desk.window, "empty_" + tone);
      QVERIFY(desk.document.newFromTemplate("Fashion-MNIST CNN").ok());
      test::screenshot(&desk.window, "cnn_" + tone);
      desk.document.select({desk.document.network().layers()[1].id});
      QCOMPARE(find<QLabel>(desk.inspector, "layerTitle")->text(),
               toQString(findLayer(desk.document.network().layers()[1].type)->label));
      test::screenshot(&desk.window, "layer_" + tone);
      desk.inspector->showPage(InspectorPanel::Training);
      test::screenshot(&desk.window, "training_" + tone);
      QVERIFY(desk.document.newFromTemplate("CIFAR-style ResNet-20").ok());
      desk.inspector->showPage(InspectorPanel::Data);
      QTRY_VERIFY(!desk.document.probing());
      test::screenshot(&desk.window, "resnet_" + tone);
      QVERIFY(desk.document.newFromTemplate("Two spirals").ok());
      QTRY_VERIFY(!desk.document.probing());
      QTRY_VERIFY(find<DataPreview>(desk.inspector, "dataPreview")->points() > 0);
      test::screenshot(&desk.window, "spirals_" + tone);
    }
    Theme::instance().setMode(ThemeMode::System);
  }

  void layoutsDoNotOverlap() {
    for (const TemplateInfo& info : templates()) {
      const auto project = projectFromTemplate(info.name);
      QVERIFY2(project.ok(), info.name.c_str());
      const auto positions = layoutNetwork(project->network);
      QCOMPARE(positions.size(), project->network.layers().size());
      for (const auto& [a, at] : positions) {
        for (const auto& [b, other] : positions) {
          const bool apart =
              a == b || std::abs(at.x - other.x) >= kNodeWidth || std::abs(at.y - other.y) >= kNodeHeight;
          QVERIFY2(apart, info.name.c_str());
        }
      }
    }
  }

  void filesAndRecovery() {
    QTemporaryDir folder;
    const QString path = folder.filePath("net.tandem");
    Project saved;
    {
      ProjectDocument document;
      QVERIFY(document.newFromTemplate("Two moons").ok());
      QVERIFY(!document.isDirty());
      document.setNotes("tried twice");
      QVERIFY(document.isDirty());
      QVERIFY(document.save(path).ok());
      QVERIFY(!document.isDirty());
      saved = document.project();
      document.setNotes("tried three times");
      document.autosave();
      QVERIFY(ProjectDocument::recoverable().empty());  // its window is open
      QVERIFY(!document.save("/nowhere/at/all.tandem").ok());
      QVERIFY(document.isDirty());
      // A window that crashed leaves its file without a lock.
      const QString recovery =
          QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/recovery";
      const QFileInfoList files = QDir(recovery).entryInfoList({"*.json"});
      QCOMPARE(files.size(), 1);
      QVERIFY(QFile::copy(files.front().filePath(), recovery + "/orphan.json"));
    }
    ProjectDocument document;
    QVERIFY(document.open(path).ok());
    QVERIFY(document.project() == saved);
    const auto found = ProjectDocument::recoverable();
    QCOMPARE(found.size(), 1U);
    QCOMPARE(found.front().originalPath, path);
    QVERIFY(document.recover(found.front()).ok());
    QCOMPARE(document.project().notes, std::string("tried three times"));
    QVERIFY(document.isDirty());
    QCOMPARE(document.filePath(), path);
    QVERIFY(ProjectDocument::recoverable().empty());
    QVERIFY(document.save(path).ok());
    QVERIFY(!document.open(folder.filePath("missing.tandem")).ok());
    QCOMPARE(document.filePath(), path);
  }

  void modelsAreConsistent() {
    ProjectDocument document;
    PaletteModel palette;
    ProblemsModel problems(document);
    QAbstractItemModelTester first(&palette, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QAbstractItemModelTester second(&problems, QAbstractItemModelTester::FailureReportingMode::QtTest);
    std::size_t layers = 0;
    for (int c = 0; c < palette.rowCount(); ++c)
      layers += static_cast<std::size_t>(palette.rowCount(palette.index(c, 0)));
    QCOMPARE(layers, allLayers().size() + allBlocks().size());
    QVERIFY(document.addLayer("dense", {}).ok());
    QVERIFY(problems.rowCount() > 0);
    document.undoStack()->undo();
    document.undoStack()->redo();
    document.newEmpty();
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::EditorTest)
#include "editor_test.moc"
