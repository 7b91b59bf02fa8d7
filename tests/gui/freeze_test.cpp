// Freezing layers and groups as a user does; asserts on the document and the undo stack.
#include <QCheckBox>
#include <QLabel>
#include <QLocale>

#include "tests/gui/desk.h"

namespace tandem::ui {

using test::find;

// input -> stem -> a -> b -> head
struct FreezeDesk : Desk {
  LayerId input = add("input", {0, 0});
  LayerId stem = next("stem"), a = next("a"), b = next("b"), head = next("head");

  FreezeDesk() {
    if (!document.setProperty(input, "shape", std::vector<std::int64_t>{2}).ok()) qFatal("shape");
    view->fit();
  }
  LayerId next(const char* name) {
    const LayerId id = *document.addLayerAfter("dense", 0);
    if (!document.rename(id, name).ok()) qFatal("name");
    return id;
  }
};

class FreezeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void layersAndGroupsAreFrozen() {
    using Trained = ProjectDocument::Trained;
    FreezeDesk desk;
    auto* trainable = find<QCheckBox>(desk.inspector, "layerTrainable");
    auto* parameters = find<QLabel>(desk.inspector, "factParameters");
    QTest::mouseClick(desk.canvas(), Qt::LeftButton, {}, desk.middleOf(desk.input));
    QVERIFY2(!trainable->isVisible(), "an input has no weights");
    QTest::mouseClick(desk.canvas(), Qt::LeftButton, {}, desk.middleOf(desk.a));
    QVERIFY(trainable->isVisible() && trainable->isChecked());
    QCOMPARE(parameters->text(), QLocale().toString(64 * 64 + 64));
    desk.key(Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(!desk.layer(desk.a).trainable);
    QVERIFY(!trainable->isChecked());
    QCOMPARE(parameters->text(), QLocale().toString(64 * 64 + 64) + " non-trainable");
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Freeze a"));
    QVERIFY(desk.view->networkScene()->node(desk.a)->toolTip().contains("Frozen"));
    QVERIFY(desk.document.analysis().ok());
    QTest::mouseClick(trainable, Qt::LeftButton, {}, QPoint(8, trainable->height() / 2));
    QVERIFY(desk.layer(desk.a).trainable);
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Unfreeze a"));
    desk.document.undoStack()->undo();
    QVERIFY(!trainable->isChecked());

    QVERIFY(desk.document.groupLayers({desk.a, desk.b}).ok());
    auto* group = find<QCheckBox>(desk.inspector, "groupTrainable");
    QCOMPARE(group->checkState(), Qt::PartiallyChecked);
    const auto click = [&] { QTest::mouseClick(group, Qt::LeftButton, {}, QPoint(8, group->height() / 2)); };
    click();
    QCOMPARE(desk.document.trained({desk.a, desk.b}), Trained::All);
    QCOMPARE(group->checkState(), Qt::Checked);
    click();
    QCOMPARE(desk.document.trained({desk.a, desk.b}), Trained::None);
    QCOMPARE(group->checkState(), Qt::Unchecked);
    QCOMPARE(find<QLabel>(desk.inspector, "groupParameters")->text(),
             QLocale().toString(2 * (64 * 64 + 64)) + " non-trainable");

    desk.document.select({desk.stem});
    find<QAction>(desk.view, "actionFreezeTo")->trigger();
    QVERIFY(!desk.layer(desk.stem).trainable && desk.layer(desk.head).trainable);
    const auto copies = desk.document.pasteLayers(desk.document.copyLayers({desk.stem}), {0, 300}, "Paste");
    QVERIFY(copies.ok());
    QVERIFY2(!desk.layer(*copies->begin()).trainable, "a copy of a frozen layer is frozen");
    desk.document.select({desk.stem, desk.a, desk.b});
    QCOMPARE(find<QAction>(desk.view, "actionFreeze")->text(), QString("Unfree&ze"));
    find<QAction>(desk.view, "actionFreeze")->trigger();
    QCOMPARE(desk.document.trained({desk.stem, desk.a, desk.b, desk.head}), Trained::All);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::FreezeTest)
#include "freeze_test.moc"
