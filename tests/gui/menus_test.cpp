// The context menus of the canvas, opened with the right button: each acts on what is below the pointer.
#include "tests/gui/desk.h"

namespace tandem::ui {

class MenusTest : public QObject {
  Q_OBJECT

 private:
  struct ChainDesk : Desk {
    LayerId input = add("input", {0, 0}), dense = add("dense", {300, 0}), last = add("dense", {600, 0});
    ChainDesk() {
      if (!document.connectLayers(input, dense).ok() || !document.connectLayers(dense, last).ok())
        qFatal("the layers do not connect");
      view->fit();
      document.select({last});
    }
    QPoint line(LayerId from, LayerId to) {
      return inView(view->networkScene()->connection({from, to})->middle());
    }
    std::size_t layers() { return document.network().layers().size(); }
  };

 private Q_SLOTS:
  // The reported fault: Delete on a connection deleted the layer that was selected before.
  void deleteOnAConnectionDeletesIt() {
    ChainDesk desk;
    const test::Menu menu(desk.canvas(), desk.line(desk.input, desk.dense), "actionDelete");
    QCOMPARE(menu.name, QString("connectionMenu"));
    QVERIFY(!menu.entries.contains("actionCut") && !menu.entries.contains("actionGroup"));
    QCOMPARE(desk.layers(), std::size_t{3});
    QVERIFY(desk.layer(desk.dense).inputs.empty());
    QCOMPARE(desk.layer(desk.last).inputs, std::vector<Source>{desk.dense});
    desk.document.undoStack()->undo();
    QCOMPARE(desk.layer(desk.dense).inputs, std::vector<Source>{desk.input});
  }

  void aLayerIsInsertedIntoAConnection() {
    ChainDesk desk;
    const test::Menu menu(desk.canvas(), desk.line(desk.dense, desk.last), "insert_dropout");
    QVERIFY(!menu.entries.contains("insert_input"));
    QCOMPARE(desk.layers(), std::size_t{4});
    const LayerId dropout = desk.document.network().findByName("dropout")->id;
    QCOMPARE(desk.layer(dropout).inputs, std::vector<Source>{desk.dense});
    QCOMPARE(desk.layer(desk.last).inputs, std::vector<Source>{dropout});
  }

  void emptyCanvasHasNoCommandsForLayers() {
    ChainDesk desk;
    const test::Menu menu(desk.canvas(), {5, 5});
    QCOMPARE(menu.name, QString("canvasMenu"));
    for (const char* name : {"actionDelete", "actionCut", "actionCopy", "actionDuplicate", "actionGroup"})
      QVERIFY2(!menu.entries.contains(name), name);
    QVERIFY(menu.entries.contains("actionPaste") && menu.entries.contains("actionFit"));
    QVERIFY(desk.document.selectedLayers().empty());
    QCOMPARE(desk.layers(), std::size_t{3});
  }

  void aCardIsSelectedFirst() {
    ChainDesk desk;
    const test::Menu menu(desk.canvas(), desk.middleOf(desk.dense), "actionDelete");
    QCOMPARE(menu.name, QString("cardMenu"));
    QVERIFY(desk.document.network().find(desk.dense) == nullptr);
    QVERIFY(desk.document.network().find(desk.last) != nullptr);
  }

  void severalSelectedCardsStaySelected() {
    ChainDesk desk;
    desk.document.select({desk.dense, desk.last});
    const test::Menu menu(desk.canvas(), desk.middleOf(desk.dense), "actionDelete");
    QCOMPARE(desk.layers(), std::size_t{1});
  }

  void groupsHaveTheirOwnMenu() {
    ChainDesk desk;
    const auto id = desk.document.groupLayers({desk.dense, desk.last});
    QVERIFY(id.ok() && desk.document.setFolded({*id}, true).ok());
    desk.document.select({desk.input});
    desk.view->fit();
    const auto* card = desk.view->networkScene()->groupCard(*id);
    const test::Menu menu(desk.canvas(), desk.inView(card->sceneBoundingRect().center()), "actionUngroup");
    QCOMPARE(menu.name, QString("groupMenu"));
    QVERIFY(desk.document.network().groups().empty());
  }

  // The menu key opens the menu of the selection.
  void theMenuKeyFollowsTheSelection() {
    ChainDesk desk;
    const auto menuOf = [&] {
      QString name;
      QTimer::singleShot(20, &desk.window, [&] {
        QWidget* menu = QApplication::activePopupWidget();
        if (menu == nullptr) qFatal("no menu");
        name = menu->objectName();
        menu->close();
      });
      QContextMenuEvent event(QContextMenuEvent::Keyboard, {5, 5}, desk.canvas()->mapToGlobal(QPoint(5, 5)));
      QApplication::sendEvent(desk.canvas(), &event);
      return name;
    };
    QCOMPARE(menuOf(), QString("cardMenu"));
    QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{desk.last});
    desk.document.select({}, {{desk.input, desk.dense}});
    QCOMPARE(menuOf(), QString("connectionMenu"));
    desk.document.select({});
    QCOMPARE(menuOf(), QString("canvasMenu"));
  }

  void shiftAndCtrlExtendTheSelection() {
    for (const Qt::KeyboardModifier key : {Qt::ShiftModifier, Qt::ControlModifier}) {
      ChainDesk desk;
      const auto click = [&](LayerId id, Qt::KeyboardModifiers keys) {
        QTest::mouseClick(desk.canvas(), Qt::LeftButton, keys, desk.middleOf(id));
      };
      click(desk.input, Qt::NoModifier);
      QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{desk.input});
      click(desk.dense, key);
      QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{desk.input, desk.dense}));
      click(desk.input, key);
      QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{desk.dense});
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::MenusTest)
#include "menus_test.moc"
