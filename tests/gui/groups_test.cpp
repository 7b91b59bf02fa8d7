// Groups and repeated blocks on the canvas, edited as a user edits them; asserts on the document, the undo
// stack and the positions.
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

#include "tests/gui/group_desk.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

class GroupsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // Selects, groups, repeats, folds, unfolds, moves and ungroups; then undoes and redoes everything.
  void journey() {
    QTemporaryDir folder;
    GroupDesk desk;
    std::vector<Project> states{desk.document.project()};
    const auto step = [&] {
      QCOMPARE(desk.steps(), static_cast<int>(states.size()));
      states.push_back(desk.document.project());
    };

    const GroupId id = desk.makeGroup({desk.a, desk.b});
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{desk.a, desk.b}));
    QCOMPARE(desk.group().layers, (std::vector<LayerId>{desk.a, desk.b}));
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Group block"));
    step();

    auto* form = find<QWidget>(desk.inspector, "groupForm");
    QVERIFY(form->isVisible());
    auto* repeat = find<NumberBox>(desk.inspector, "groupRepeat");
    test::enter(repeat, "3");
    QCOMPARE(desk.group().repeat, 3);
    QVERIFY(desk.document.analysis().ok());
    const std::int64_t parameters = 2 * 64 + 64 + 6 * (64 * 64 + 64) + 64 * 2 + 2;
    QCOMPARE(desk.document.analysis().parameters, parameters);
    QCOMPARE(find<QLabel>(desk.inspector, "groupLayers")->text(), QString("2 (6 with repetitions)"));
    QCOMPARE(find<QLabel>(desk.inspector, "groupOutput")->text(), QString("64"));
    step();

    auto* name = find<QLineEdit>(desk.inspector, "groupName");
    test::enter(name, "trunk");
    QCOMPARE(desk.group().name, std::string("trunk"));
    step();
    test::screenshot(&desk.window, "group");

    desk.doubleClick(desk.title(id));
    QVERIFY(desk.group().folded);
    QVERIFY(!desk.scene()->node(desk.a)->isVisible());
    QVERIFY(!desk.scene()->groupFrame(id)->isVisible());
    QVERIFY(desk.scene()->groupCard(id)->isVisible());
    QCOMPARE(desk.scene()->card(desk.b), static_cast<CardItem*>(desk.scene()->groupCard(id)));
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Fold trunk"));
    step();
    // One card replaces two, and the connections lead to it.
    const double card = desk.scene()->groupCard(id)->pos().x();
    QCOMPARE(desk.at(desk.head).x(), card + kColumnPitch);
    const ConnectionItem* in = desk.scene()->connection({desk.stem, desk.a});
    QCOMPARE(in->path().pointAtPercent(1), desk.scene()->groupCard(id)->pos() + QPointF(0, kNodeHeight / 2));
    QVERIFY(!desk.scene()->connection({desk.a, desk.b})->isVisible());
    test::screenshot(&desk.window, "folded");

    desk.doubleClick(desk.cardMiddle(id));
    QVERIFY(!desk.group().folded);
    QVERIFY(desk.scene()->node(desk.a)->isVisible());
    QVERIFY(desk.document.project() == states[3]);  // everything is back in place
    step();

    const QPointF from = desk.at(desk.a);
    desk.document.select({});
    desk.dragBy(desk.title(id), {3, 81});
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{desk.a, desk.b}));
    QCOMPARE(desk.at(desk.a), from + QPointF(0, 80));
    QCOMPARE(desk.at(desk.b).y(), desk.at(desk.a).y());
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Move trunk"));
    step();

    const QString file = folder.filePath("net.tandem");
    QVERIFY(desk.document.save(file).ok());
    {
      ProjectDocument again;
      QVERIFY(again.open(file).ok());
      QVERIFY(again.project() == desk.document.project());
    }

    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(desk.document.network().groups().empty());
    QCOMPARE(desk.document.network().layers().size(), 9U);
    QCOMPARE(desk.document.analysis().parameters, parameters);  // the network is equivalent
    QCOMPARE(desk.document.selectedLayers().size(), 6U);
    const Layer& last = *desk.document.network().findByName("b.3");
    QCOMPARE(desk.layer(desk.head).inputs, std::vector<Source>{last.id});
    // The copies are placed to the right, and the layers after them have moved.
    QCOMPARE(desk.at(last.id), desk.at(desk.b) + QPointF(4 * kColumnPitch, 0));
    QCOMPARE(desk.at(desk.head).x(), desk.at(last.id).x() + kColumnPitch);
    step();

    for (std::size_t i = states.size() - 1; i-- > 0;) {
      desk.document.undoStack()->undo();
      QVERIFY(desk.document.project() == states[i]);
    }
    QVERIFY(!desk.document.undoStack()->canUndo());
    for (std::size_t i = 1; i < states.size(); ++i) {
      desk.document.undoStack()->redo();
      QVERIFY(desk.document.project() == states[i]);
    }
  }

  void rejectedEditsAreExplained() {
    GroupDesk desk;
    desk.makeGroup({desk.a, desk.b});
    const Project before = desk.document.project();
    auto* message = find<QLabel>(desk.view, "canvasMessage");
    desk.document.select({desk.b, desk.head});
    desk.key(Qt::Key_G, Qt::ControlModifier);
    QVERIFY(desk.document.project() == before);
    QVERIFY2(message->isVisible() && message->text().contains("ungroup it first"),
             qPrintable(message->text()));

    // A block that cannot be repeated: the form shows the error, and the problem has a fix.
    const GroupId id = desk.group().id;
    QVERIFY(desk.document.connectLayers(desk.a, desk.head).ok());
    QVERIFY(desk.document.disconnect(desk.a, desk.b).ok());
    QVERIFY(desk.document.connectLayers(desk.stem, desk.b).ok());
    QVERIFY(desk.document.setRepeat(id, 2).ok());
    QVERIFY(!desk.document.analysis().ok());
    message->hide();
    desk.document.select({desk.a, desk.b});
    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(desk.document.network().groups().size(), 1U);
    QVERIFY2(message->isVisible() && message->text().contains("Set its repeat to 1"),
             qPrintable(message->text()));
    auto* name = find<QLineEdit>(desk.inspector, "groupName");
    test::enter(name, "x");
    test::enter(name, "x/");
    QVERIFY(find<QLabel>(&desk.window, "fieldNote")->isVisible());
    QCOMPARE(desk.group().name, std::string("x"));
    for (int i = 0; i < desk.problems->count(); ++i) {
      const auto fixes = desk.problems->findChildren<QPushButton*>();
      const auto found = std::find_if(fixes.begin(), fixes.end(),
                                      [](QPushButton* fix) { return fix->text() == "Set repeat of x to 1"; });
      QVERIFY(found != fixes.end());
      QTest::mouseClick(*found, Qt::LeftButton);
      break;
    }
    QTRY_COMPARE(desk.group().repeat, 1);
  }

  void connectionsToAFoldedCardMustBeUnambiguous() {
    GroupDesk desk;
    const GroupId id = desk.makeGroup({desk.a, desk.b});
    desk.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(desk.group().folded);
    QVERIFY(desk.document.disconnect(desk.stem, desk.a).ok());
    QVERIFY(desk.document.disconnect(desk.b, desk.head).ok());
    test::drag(desk.canvas(), desk.outputOf(desk.stem), desk.cardMiddle(id));
    QCOMPARE(desk.layer(desk.a).inputs, std::vector<Source>{desk.stem});
    test::drag(desk.canvas(), desk.cardOutput(id), desk.middleOf(desk.head));
    QCOMPARE(desk.layer(desk.head).inputs, std::vector<Source>{desk.b});

    // Two layers have an input from outside, so the connection is ambiguous.
    QVERIFY(desk.document.disconnect(desk.a, desk.b).ok());
    const Project before = desk.document.project();
    test::drag(desk.canvas(), desk.outputOf(desk.input), desk.cardMiddle(id));
    auto* message = find<QLabel>(desk.view, "canvasMessage");
    QVERIFY2(message->isVisible() && message->text().contains("Unfold the group"),
             qPrintable(message->text()));
    message->hide();
    test::drag(desk.canvas(), desk.cardOutput(id), desk.middleOf(desk.head));
    QVERIFY2(message->isVisible() && message->text().contains("Unfold the group"),
             qPrintable(message->text()));
    QVERIFY(desk.document.project() == before);
  }

  void aFoldedCardMovesItsLayers() {
    GroupDesk desk;
    const GroupId id = desk.makeGroup({desk.a, desk.b});
    desk.doubleClick(desk.title(id));
    const QPointF a = desk.at(desk.a), b = desk.at(desk.b);
    desk.dragBy(desk.cardMiddle(id), {0, 102});
    QCOMPARE(desk.at(desk.a), a + QPointF(0, 100));
    QCOMPARE(desk.at(desk.b), b + QPointF(0, 100));
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Move block"));
    // The group unfolds at its new position; only cards at the height of the group move.
    const QPointF head = desk.at(desk.head);
    desk.doubleClick(desk.cardMiddle(id));
    QCOMPARE(desk.at(desk.a), a + QPointF(0, 100));
    QCOMPARE(desk.at(desk.head), head);
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QCOMPARE(desk.at(desk.a), a);
    QVERIFY(desk.group().folded);
  }

  // While no card was moved by hand, the layout makes space for the frame and closes the gap after folding.
  void anArrangedNetworkStaysArranged() {
    GroupDesk desk;
    desk.document.arrange();
    desk.makeGroup({desk.a, desk.b});
    const Project grouped = desk.document.project();
    QVERIFY(grouped.positions == layoutNetwork(grouped.network));
    auto* folded = find<QCheckBox>(desk.inspector, "groupFolded");
    folded->click();
    QVERIFY(desk.group().folded);
    QVERIFY(desk.document.project().positions == layoutNetwork(desk.document.network()));
    QVERIFY(desk.document.project().positions != grouped.positions);
    folded->click();
    QVERIFY(desk.document.project() == grouped);
    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(desk.document.project().positions == layoutNetwork(desk.document.network()));
  }

  void droppingIntoAGroupJoinsIt() {
    GroupDesk desk;
    const GroupId id = desk.makeGroup({desk.a, desk.b});
    desk.dropLayer("dropout", desk.inView(desk.scene()->connection({desk.a, desk.b})->middle()));
    const Layer* inside = desk.document.network().findByName("dropout");
    QVERIFY(desk.group().contains(inside->id));
    QCOMPARE(desk.layer(desk.b).inputs, std::vector<Source>{inside->id});
    // Before the group, the layer stays outside. The frame covers the connection, so the document is edited.
    const auto before = desk.document.insertLayer("dropout", {desk.stem, desk.a});
    QVERIFY(before.ok());
    QVERIFY(!desk.group().contains(*before));
    // In a repeated residual block it joins the branch; before a folded block it feeds the whole block.
    const LayerId sum = *desk.document.addLayerAfter("add", desk.b);
    QVERIFY(!desk.group().contains(sum));
    QVERIFY(desk.document.ungroup({id}).ok());
    QVERIFY(desk.document.connectLayers(*before, sum).ok());
    QVERIFY(desk.document.groupLayers({desk.a, inside->id, desk.b, sum}).ok());
    QVERIFY(desk.document.setRepeat(desk.group().id, 2).ok());
    QVERIFY(desk.document.analysis().ok());
    const LayerId branch = *desk.document.insertLayer("dropout", {*before, desk.a});
    QVERIFY(desk.group().contains(branch));
    QVERIFY(desk.document.analysis().ok());
    QVERIFY(desk.document.setFolded({desk.group().id}, true).ok());
    const LayerId feeder = *desk.document.insertLayer("dropout", {*before, branch});
    QVERIFY(!desk.group().contains(feeder));
    QCOMPARE(desk.layer(branch).inputs, std::vector<Source>{feeder});
    QCOMPARE(desk.layer(sum).inputs.back(), Source(feeder));
    QVERIFY(desk.document.analysis().ok());
  }

  void deletingCopyingAndDuplicating() {
    GroupDesk desk;
    desk.makeGroup({desk.a, desk.b});
    QVERIFY(desk.document.setRepeat(desk.group().id, 4).ok());
    const Project before = desk.document.project();
    desk.key(Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(desk.document.network().groups().size(), 2U);
    const Group copy = desk.document.network().groups().back();
    QCOMPARE(copy.name, std::string("block_2"));
    QCOMPARE(copy.repeat, 4);
    QCOMPARE(std::set<LayerId>(copy.layers.begin(), copy.layers.end()), desk.document.selectedLayers());
    QCOMPARE(desk.layer(copy.layers[1]).inputs, std::vector<Source>{copy.layers[0]});
    desk.document.undoStack()->undo();
    // A part of a group is copied without the group.
    desk.document.select({desk.a});
    desk.key(Qt::Key_C, Qt::ControlModifier);
    desk.key(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(desk.document.network().groups().size(), 1U);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);

    desk.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);  // no layer of a group is selected now
    QVERIFY(desk.document.project() == before);
    QTest::mouseClick(desk.canvas(), Qt::LeftButton, {}, desk.title(desk.group().id));
    desk.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    desk.key(Qt::Key_Delete);  // deletes the card and the layers it hides
    QVERIFY(desk.document.network().groups().empty());
    QCOMPARE(desk.layer(desk.head).inputs, std::vector<Source>{desk.stem});
    QVERIFY(desk.document.selectedLayers().empty());
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    desk.document.select({desk.a});
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.group().layers, std::vector<LayerId>{desk.b});
    // A group of a single layer shows both forms.
    desk.document.select({desk.b});
    QVERIFY(find<QWidget>(desk.inspector, "layerForm")->isVisible());
    QVERIFY(find<QWidget>(desk.inspector, "groupForm")->isVisible());
    desk.document.select({desk.head});
    QVERIFY(!find<QWidget>(desk.inspector, "groupForm")->isVisible());
  }

  void problemsOfHiddenLayersShowOnTheCard() {
    GroupDesk desk;
    const GroupId id = desk.makeGroup({desk.a, desk.b});
    QVERIFY(desk.document.setFolded({id}, true).ok());
    QVERIFY(desk.document.disconnect(desk.stem, desk.a).ok());
    QVERIFY(!desk.document.analysis().ok());
    QVERIFY2(desk.scene()->groupCard(id)->toolTip().contains("not connected"),
             qPrintable(desk.scene()->groupCard(id)->toolTip()));
    Q_EMIT desk.document.revealRequested(desk.a);
    QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{desk.a});
    QVERIFY(desk.scene()->groupCard(id)->isSelected());
    QVERIFY(find<QWidget>(desk.inspector, "layerForm")->isVisible());
  }

  void nodesShowTheirMemory() {
    GroupDesk desk;
    QVERIFY2(desk.scene()->node(desk.a)->toolTip().contains("Activations: 256"),
             qPrintable(desk.scene()->node(desk.a)->toolTip()));
    QVERIFY(desk.document.setRepeat(desk.makeGroup({desk.a, desk.b}), 2).ok());
    const QString tip = desk.scene()->node(desk.a)->toolTip();
    QVERIFY2(tip.contains("Activations: 512") && tip.contains("2 repetitions"), qPrintable(tip));
  }

  void actionsFollowTheSelection() {
    GroupDesk desk;
    const auto enabled = [&](const char* name) { return find<QAction>(desk.view, name)->isEnabled(); };
    QVERIFY(!enabled("actionGroup") && !enabled("actionUngroup") && !enabled("actionFold"));
    desk.document.select({desk.a});
    QVERIFY(enabled("actionGroup") && !enabled("actionUngroup"));
    const GroupId id = desk.makeGroup({desk.a, desk.b});
    QVERIFY(enabled("actionUngroup") && enabled("actionFold"));
    QCOMPARE(find<QAction>(desk.view, "actionFold")->text(), QString("&Fold group"));
    QVERIFY(desk.document.setFolded({id}, true).ok());
    QCOMPARE(find<QAction>(desk.view, "actionFold")->text(), QString("Un&fold group"));
    QVERIFY(desk.document.setFolded({id}, false).ok());
    desk.document.select({});
    const test::Menu menu(desk.canvas(), desk.title(id));
    QCOMPARE(menu.name, QString("groupMenu"));
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{desk.a, desk.b}));
  }

  // No frame contains a foreign layer, whichever part of a long chain is grouped, folded or not.
  void framesOfChainsContainOnlyTheirLayers() {
    for (const std::size_t length : {6U, 14U, 30U}) {
      for (std::size_t first = 1; first + 1 < length; first += 3) {
        for (const std::size_t count : {1U, 3U, 9U}) {
          Network network;
          std::vector<LayerId> chain{*network.add("input")};
          while (chain.size() < length) {
            chain.push_back(*network.add("dense"));
            QVERIFY(network.connect(chain[chain.size() - 2], chain.back()).ok());
          }
          const auto grouped = [&](std::size_t from, std::size_t to) {
            std::vector<LayerId> layers;
            for (std::size_t i = from; i < std::min(to, length); ++i) layers.push_back(chain[i]);
            return layers.empty() ? 0 : *network.group(layers);
          };
          grouped(first, first + count);
          if (const GroupId second = grouped(first + count, first + count + 2); second != 0)
            QVERIFY(network.setFolded(second, first % 2 == 0).ok());
          checkFrames(network);
        }
      }
    }
  }

  void framesOfBranchesContainOnlyTheirLayers() {
    const auto project = projectFromTemplate("CIFAR-style ResNet-20");
    Network network = project->network;
    std::vector<LayerId> block, branch;
    for (const Layer& layer : network.layers()) {
      if (layer.name.starts_with("s1b2_")) block.push_back(layer.id);
      if (layer.name.starts_with("s2b1_shortcut")) branch.push_back(layer.id);
    }
    QVERIFY(network.setRepeat(*network.group(block), 2).ok());
    QVERIFY(network.group(branch).ok());
    QVERIFY(analyze(network).ok());
    checkFrames(network);
    // A group that a path leaves and re-enters cannot be laid out as one unit, but is still laid out.
    Network odd = project->network;
    QVERIFY(odd.group({odd.layers()[1].id, odd.layers()[3].id}).ok());
    QCOMPARE(layoutNetwork(odd).size(), odd.layers().size());
  }

  void screenshots() {
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
      Theme::instance().setMode(mode);
      const QString tone = mode == ThemeMode::Light ? "light" : "dark";
      Desk desk;
      QVERIFY(desk.document.newFromTemplate("CIFAR-style ResNet-20").ok());
      std::set<LayerId> block;
      for (const Layer& layer : desk.document.network().layers())
        if (layer.name.starts_with("s1b2_")) block.insert(layer.id);
      const auto id = desk.document.groupLayers(block);
      QVERIFY(id.ok());
      QVERIFY(desk.document.setRepeat(*id, 3).ok());
      desk.view->fit();
      test::screenshot(&desk.window, "resnet_group_" + tone);
      QVERIFY(desk.document.setFolded({*id}, true).ok());
      desk.view->fit();
      test::screenshot(&desk.window, "resnet_folded_" + tone);
    }
    Theme::instance().setMode(ThemeMode::System);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::GroupsTest)
#include "groups_test.moc"
