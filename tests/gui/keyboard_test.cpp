// Where the keyboard is, and what Ctrl+Z, Enter and Esc do there.
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTableView>
#include <QTreeView>

#include "tests/gui/lab_fixture.h"
#include "ui/editor/network_view.h"
#include "ui/models/runs_model.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

class KeyboardTest : public LabFixture {
  Q_OBJECT

 private:
  std::size_t layers() { return document().network().layers().size(); }
  // To the widget with the focus, as the window system does.
  void key(Qt::Key key, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    QWidget* focus = QApplication::focusWidget();
    QVERIFY(focus != nullptr);
    QTest::keyClick(focus, key, keys);
  }
  QString trainedLoss() { return document().undoStack()->undoText(); }

 private Q_SLOTS:
  void undoReachesTheProjectFromEveryField() {
    openMoons(3);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    document().select({document().network().findByName("dense")->id});
    for (const char* name : {"property_units", "layerName", "runsSearch", "paletteSearch"}) {
      TrainingConfig training = document().training();
      training.batch += 1;
      document().setTraining(training, name);
      const int before = document().undoStack()->index();
      auto* field = child<QWidget>(name);
      field->setFocus();
      QTRY_VERIFY2(field->hasFocus(), name);
      key(Qt::Key_Z, Qt::ControlModifier);
      QCOMPARE(document().undoStack()->index(), before - 1);
      // What has been typed is undone first.
      key(Qt::Key_7);
      key(Qt::Key_Z, Qt::ControlModifier);
      QCOMPARE(document().undoStack()->index(), before - 1);
      key(Qt::Key_Y, Qt::ControlModifier);
      key(Qt::Key_Escape);
    }
  }

  void aFieldIsUndoneByTheProjectOnceItHasApplied() {
    openMoons(3);
    document().select({document().network().findByName("dense")->id});
    auto* units = child<NumberBox>("property_units");
    const double before = units->value();
    test::enter(units, "77");
    QVERIFY(units->hasFocus());
    key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(units->value(), before);
  }

  void whatIsTypedAppliesBeforeTraining() {
    openMoons(3);
    test::retype(child<NumberBox>("training_epochs"), "1+1");
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTRY_VERIFY(controller().busy());
    QCOMPARE(document().training().epochs, 2);
    QTRY_VERIFY_WITH_TIMEOUT(!controller().busy(), kRunMs);
    // And wrong text starts nothing.
    test::retype(child<NumberBox>("training_epochs"), "two");
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTest::qWait(20);
    QVERIFY(!controller().busy());
  }

  void afterADoubleClickInThePaletteTheCanvasHasTheKeyboard() {
    openMoons(3);
    auto* search = child<QLineEdit>("paletteSearch");
    search->setFocus();
    QTest::keyClicks(search, "dropout");
    auto* list = child<QTreeView>("paletteList");
    const QModelIndex first = list->model()->index(0, 0, list->model()->index(0, 0));
    const QPoint at = list->visualRect(first).center();
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseDClick(list->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(layers(), std::size_t{5});
    QVERIFY(search->text().isEmpty());
    QVERIFY(child<NetworkView>("canvas")->hasFocus());
    key(Qt::Key_Delete);
    QCOMPARE(layers(), std::size_t{4});
    // Enter in the search adds as well, and leaves it ready for the next layer.
    search->setFocus();
    QTest::keyClicks(search, "dropout");
    key(Qt::Key_Return);
    QCOMPARE(layers(), std::size_t{5});
    QVERIFY(search->hasFocus() && search->text().isEmpty());
    key(Qt::Key_Escape);
    QVERIFY(child<NetworkView>("canvas")->hasFocus());
  }

  void enterOpensATemplate() {
    auto* card = child<QAbstractButton>("template:Two moons");
    card->setFocus();
    QTRY_VERIFY(card->hasFocus());
    key(Qt::Key_Return);
    QCOMPARE(layers(), std::size_t{4});
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("workView"));
  }

  // Ctrl+Z after the deletion of a run undid an edit of the network.
  void undoRestoresADeletedRun() {
    openMoons(1);
    trainToEnd();
    const int edits = document().undoStack()->index();
    clickRun(0);
    trigger("runDelete");
    QCOMPARE(runs().rowCount(), 0);
    QCOMPARE(child<QAction>("actionUndo")->text(), QString("Undo Delete runs"));
    key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(runs().rowCount(), 1);
    QCOMPARE(document().undoStack()->index(), edits);
    key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(document().undoStack()->index(), edits - 1);
    // A later edit is undone first.
    trigger("runDelete");
    TrainingConfig training = document().training();
    training.seed = 99;
    document().setTraining(training, "seed");
    trigger("actionUndo");
    QCOMPARE(runs().rowCount(), 0);
    QVERIFY(document().training().seed != 99);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::KeyboardTest)
#include "keyboard_test.moc"
