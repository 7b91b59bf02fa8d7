// Groups in groups on the canvas, edited as a user edits them; asserts on the document, the undo stack and the cards.
#include <QCheckBox>
#include <QLabel>

#include "tests/gui/group_desk.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

// input -> [stem -> [a -> b]] -> head: "block" around a and b, in "block_2", which also contains stem.
struct NestedDesk : GroupDesk {
  GroupId inner = makeGroup({a, b}), outer = makeGroup({stem, a, b});

  NestedDesk() {
    document.select({});
    document.undoStack()->clear();
  }

  const Network& network() { return document.network(); }  // another one after each edit
  const Group& group(GroupId id) { return *document.network().findGroup(id); }
  void clickTitle(GroupId id) { QTest::mouseClick(canvas(), Qt::LeftButton, {}, title(id)); }
  bool frameShows(GroupId id) { return scene()->groupFrame(id)->isVisible(); }
  bool cardShows(GroupId id) { return scene()->groupCard(id)->isVisible(); }
  QRectF cardBox(GroupId id) { return {scene()->groupCard(id)->pos(), QSizeF(kNodeWidth, kNodeHeight)}; }
};

class NestedGroupsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aSelectionWithAGroupIsGroupedAroundIt() {
    NestedDesk desk;
    QCOMPARE(desk.network().groups().size(), 2U);
    QVERIFY(desk.inner != desk.outer);
    QCOMPARE(desk.group(desk.outer).layers, (std::vector<LayerId>{desk.stem, desk.a, desk.b}));
    QCOMPARE(desk.group(desk.inner).parent, desk.outer);
    const QRectF outer = desk.scene()->groupFrame(desk.outer)->frame();
    const QRectF inner = desk.scene()->groupFrame(desk.inner)->frame();
    QVERIFY(outer.contains(inner));
    QVERIFY(!desk.scene()->groupFrame(desk.outer)->title().intersects(inner));
    QVERIFY(desk.scene()->groupFrame(desk.outer)->zValue() < desk.scene()->groupFrame(desk.inner)->zValue());
    test::screenshot(&desk.window, "nested_groups");

    // A selection that would cut a group in two is refused.
    const Project before = desk.document.project();
    auto* message = find<QLabel>(desk.view, "canvasMessage");
    for (const std::set<LayerId>& cut : {std::set{desk.stem, desk.a}, std::set{desk.b, desk.head}}) {
      message->hide();
      desk.document.select(cut);
      desk.key(Qt::Key_G, Qt::ControlModifier);
      QVERIFY(desk.document.project() == before);
      QVERIFY2(message->isVisible() && message->text().contains("would be left out"),
               qPrintable(message->text()));
    }
    // Everything but the input and the head, selected by the title, gets a group around it.
    desk.clickTitle(desk.outer);
    QCOMPARE(desk.document.selectedLayers(), (std::set<LayerId>{desk.stem, desk.a, desk.b}));
    desk.key(Qt::Key_G, Qt::ControlModifier);
    QCOMPARE(desk.group(desk.outer).parent, desk.network().groups().front().id);
  }

  void bothFoldAndUnfold() {
    NestedDesk desk;
    std::vector<Project> states{desk.document.project()};
    const auto step = [&] {
      QCOMPARE(desk.steps(), static_cast<int>(states.size()));
      states.push_back(desk.document.project());
    };

    desk.doubleClick(desk.title(desk.inner));
    QVERIFY(desk.group(desk.inner).folded && !desk.group(desk.outer).folded);
    QVERIFY(desk.cardShows(desk.inner) && !desk.frameShows(desk.inner) && desk.frameShows(desk.outer));
    QVERIFY(!desk.scene()->node(desk.a)->isVisible() && desk.scene()->node(desk.stem)->isVisible());
    QCOMPARE(desk.scene()->card(desk.b), static_cast<CardItem*>(desk.scene()->groupCard(desk.inner)));
    const QRectF frame = desk.scene()->groupFrame(desk.outer)->frame();
    QCOMPARE(frame.right(), desk.cardBox(desk.inner).right() + kFrameSide);
    QCOMPARE(desk.at(desk.head).x(), desk.cardBox(desk.inner).left() + kColumnPitch);
    step();

    desk.doubleClick(desk.title(desk.outer));
    QVERIFY(desk.group(desk.outer).folded);
    QVERIFY(desk.cardShows(desk.outer) && !desk.frameShows(desk.outer));
    QVERIFY(!desk.cardShows(desk.inner) && !desk.frameShows(desk.inner));
    QVERIFY(!desk.scene()->node(desk.stem)->isVisible());
    QCOMPARE(desk.scene()->card(desk.b), static_cast<CardItem*>(desk.scene()->groupCard(desk.outer)));
    QVERIFY(!desk.scene()->connection({desk.stem, desk.a})->isVisible());
    QVERIFY(desk.scene()->connection({desk.b, desk.head})->isVisible());
    QCOMPARE(desk.at(desk.head).x(), desk.cardBox(desk.outer).left() + kColumnPitch);
    step();

    // The card moves everything that it hides.
    const QPointF stem = desk.at(desk.stem), b = desk.at(desk.b);
    desk.dragBy(desk.cardMiddle(desk.outer), {0, 102});
    QCOMPARE(desk.at(desk.stem), stem + QPointF(0, 100));
    QCOMPARE(desk.at(desk.b), b + QPointF(0, 100));
    step();
    desk.document.undoStack()->undo();
    states.pop_back();

    desk.doubleClick(desk.cardMiddle(desk.outer));
    QVERIFY(desk.document.project() == states[1]);  // the inner group is still folded
    QVERIFY(desk.cardShows(desk.inner) && desk.frameShows(desk.outer));
    step();
    desk.doubleClick(desk.cardMiddle(desk.inner));
    QVERIFY(desk.document.project() == states[0]);
    QVERIFY(desk.frameShows(desk.inner) && desk.frameShows(desk.outer));
    step();

    for (std::size_t i = states.size() - 1; i-- > 0;) {
      desk.document.undoStack()->undo();
      QVERIFY(desk.document.project() == states[i]);
    }
    for (std::size_t i = 1; i < states.size(); ++i) {
      desk.document.undoStack()->redo();
      QVERIFY(desk.document.project() == states[i]);
    }
  }

  // The folding command is about the card that shows the selection, or the largest group that it contains.
  void commandsActOnTheLargestSelectedGroup() {
    NestedDesk desk;
    desk.document.select({desk.a});
    QCOMPARE(desk.document.groupsOf(desk.document.selectedLayers()), std::set<GroupId>{desk.inner});
    desk.clickTitle(desk.inner);
    QCOMPARE(desk.document.groupsOf(desk.document.selectedLayers()), std::set<GroupId>{desk.inner});
    desk.clickTitle(desk.outer);
    QCOMPARE(desk.document.groupsOf(desk.document.selectedLayers()), std::set<GroupId>{desk.outer});
    desk.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(desk.group(desk.outer).folded && !desk.group(desk.inner).folded);
    Q_EMIT desk.document.revealRequested(desk.a);
    QVERIFY(desk.scene()->groupCard(desk.outer)->isSelected());
    desk.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(!desk.group(desk.outer).folded && !desk.group(desk.inner).folded);
  }

  void theFormsCountNestedRepetitions() {
    NestedDesk desk;
    QVERIFY(desk.document.setRepeat(desk.inner, 3).ok());
    desk.clickTitle(desk.outer);
    test::enter(find<NumberBox>(desk.inspector, "groupRepeat"), "2");
    QCOMPARE(desk.group(desk.outer).repeat, 2);
    QVERIFY(desk.document.analysis().ok());
    QCOMPARE(desk.network().expandedLayers(), 16U);
    QCOMPARE(find<QLabel>(desk.inspector, "groupLayers")->text(), QString("3 (14 with repetitions)"));
    const QString tip = desk.scene()->node(desk.a)->toolTip();
    QVERIFY2(tip.contains("6 repetitions"), qPrintable(tip));
    using Trained = ProjectDocument::Trained;
    auto* trainable = find<QCheckBox>(desk.inspector, "groupTrainable");
    QTest::mouseClick(trainable, Qt::LeftButton, {}, QPoint(8, trainable->height() / 2));
    QCOMPARE(desk.document.trained({desk.stem, desk.a, desk.b}), Trained::None);
    QCOMPARE(desk.document.trained({desk.head}), Trained::All);
    desk.document.select({desk.a});
    QCOMPARE(find<QLabel>(desk.inspector, "layerRepeats")->text(),
             QString("In group block_2 > block; totals of its 6 repetitions."));
  }

  void ungroupingLeavesTheOtherGroups() {
    NestedDesk desk;
    const Project before = desk.document.project();
    desk.clickTitle(desk.inner);
    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(desk.network().groups().size(), 1U);
    QCOMPARE(desk.network().groupOf(desk.a)->id, desk.outer);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    desk.clickTitle(desk.outer);
    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(desk.network().groups().size(), 1U);
    QCOMPARE(desk.group(desk.inner).parent, 0);
    desk.document.undoStack()->undo();

    // Each repetition gets a copy of the inner group.
    QVERIFY(desk.document.setRepeat(desk.inner, 3).ok());
    QVERIFY(desk.document.setRepeat(desk.outer, 2).ok());
    const std::int64_t parameters = desk.document.analysis().parameters;
    desk.clickTitle(desk.outer);
    desk.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(desk.network().groups().size(), 2U);
    const Group& copy = desk.network().groups().back();
    QCOMPARE(copy.name, std::string("block.2"));
    QCOMPARE(copy.repeat, 3);
    const LayerId last = desk.network().findByName("b.2")->id;
    QCOMPARE(copy.layers, (std::vector<LayerId>{desk.network().findByName("a.2")->id, last}));
    QCOMPARE(desk.document.analysis().parameters, parameters);
    QCOMPARE(desk.layer(desk.head).inputs, std::vector<Source>{last});
    QCOMPARE(desk.at(last), desk.at(desk.b) + QPointF(3 * kColumnPitch, 0));
    QCOMPARE(desk.at(desk.head).x(), desk.at(last).x() + kColumnPitch);
  }

  void deletingCopyingAndDuplicating() {
    NestedDesk desk;
    QVERIFY(desk.document.setRepeat(desk.inner, 3).ok());
    QVERIFY(desk.document.setFolded({desk.inner}, true).ok());
    const Project before = desk.document.project();
    desk.clickTitle(desk.outer);
    desk.key(Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(desk.network().groups().size(), 4U);
    const Group outer = desk.network().groups()[2], inner = desk.network().groups()[3];
    QCOMPARE(outer.name, std::string("block_3"));
    QCOMPARE(outer.parent, 0);
    QCOMPARE(std::set<LayerId>(outer.layers.begin(), outer.layers.end()), desk.document.selectedLayers());
    QCOMPARE(inner.name, std::string("block_4"));
    QCOMPARE(inner.parent, outer.id);
    QCOMPARE(inner.repeat, 3);
    QVERIFY(inner.folded);
    QCOMPARE(inner.layers.size(), 2U);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);

    // An inner group is copied without the group around it, a part of a group without any.
    desk.document.select({desk.a, desk.b});
    desk.key(Qt::Key_C, Qt::ControlModifier);
    desk.key(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(desk.network().groups().size(), 3U);
    QCOMPARE(desk.network().groups().back().parent, 0);
    desk.document.undoStack()->undo();
    desk.document.select({desk.stem, desk.a});
    desk.key(Qt::Key_C, Qt::ControlModifier);
    desk.key(Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(desk.network().groups().size(), 2U);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);

    QTest::mouseClick(desk.canvas(), Qt::LeftButton, {}, desk.cardMiddle(desk.inner));
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.network().groups().size(), 1U);
    QCOMPARE(desk.group(desk.outer).layers, std::vector<LayerId>{desk.stem});
    QCOMPARE(desk.layer(desk.head).inputs, std::vector<Source>{desk.stem});
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    desk.clickTitle(desk.outer);
    desk.key(Qt::Key_Delete);
    QVERIFY(desk.network().groups().empty());
    QCOMPARE(desk.network().layers().size(), 2U);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
  }

  void insertedLayersJoinTheInnermostGroupAroundTheConnection() {
    NestedDesk desk;
    desk.dropLayer("dropout", desk.inView(desk.scene()->connection({desk.a, desk.b})->middle()));
    QCOMPARE(desk.network().groupOf(desk.network().findByName("dropout")->id)->id, desk.inner);
    const auto before = desk.document.insertLayer("dropout", {desk.stem, desk.a});
    QVERIFY(before.ok());
    QCOMPARE(desk.network().groupOf(*before)->id, desk.outer);
    const auto first = desk.document.insertLayer("dropout", {desk.input, desk.stem});
    QVERIFY(first.ok());
    QVERIFY(desk.network().groupOf(*first) == nullptr);

    // A second reader in the repeated inner group needs the same input.
    const LayerId sum = *desk.document.insertLayer("add", {desk.b, desk.head});
    QVERIFY(desk.document.ungroup({desk.inner}).ok() && desk.document.ungroup({desk.outer}).ok());
    QVERIFY(desk.document.connectLayers(*before, sum).ok());
    const auto residual =
        desk.document.groupLayers({desk.a, desk.network().findByName("dropout")->id, desk.b, sum});
    QVERIFY(residual.ok());
    std::set<LayerId> stage{desk.stem, *before};
    stage.insert(desk.network().findGroup(*residual)->layers.begin(),
                 desk.network().findGroup(*residual)->layers.end());
    const auto outer = desk.document.groupLayers(stage);
    QVERIFY(outer.ok());
    QVERIFY(desk.document.setRepeat(*residual, 2).ok() && desk.document.setRepeat(*outer, 2).ok());
    QVERIFY(desk.document.analysis().ok());
    const LayerId branch = *desk.document.insertLayer("dropout", {*before, desk.a});
    QCOMPARE(desk.network().groupOf(branch)->id, *residual);
    QVERIFY(desk.document.analysis().ok());
    QVERIFY(desk.document.setFolded({*residual}, true).ok());
    const LayerId feeder = *desk.document.insertLayer("dropout", {*before, branch});
    QCOMPARE(desk.network().groupOf(feeder)->id, *outer);
    QCOMPARE(desk.layer(sum).inputs.back(), Source(feeder));
    QVERIFY(desk.document.analysis().ok());
  }

  void projectsWithNestedGroupsAreStored() {
    QTemporaryDir folder;
    NestedDesk desk;
    QVERIFY(desk.document.setFolded({desk.inner}, true).ok());
    const QString file = folder.filePath("net.tandem");
    QVERIFY(desk.document.save(file).ok());
    ProjectDocument again;
    QVERIFY(again.open(file).ok());
    QVERIFY(again.project() == desk.document.project());
  }

  // Four levels in a residual network, with any group folded.
  void framesContainTheFramesOfTheirGroups() {
    Network network = projectFromTemplate("CIFAR-style ResNet-20")->network;
    for (const char* prefix : {"s", "s1", "s2", "s1b2_", "s1b3_", "s2b1_", "s2b1_shortcut"}) {
      std::vector<LayerId> layers;
      for (const Layer& layer : network.layers())
        if (layer.name.starts_with(prefix)) layers.push_back(layer.id);
      QVERIFY(network.group(layers, prefix).ok());
    }
    QCOMPARE(network.groups().back().name, std::string("s2b1_shortcut"));
    checkFrames(network);
    for (const Group& group : std::vector<Group>(network.groups())) {
      QVERIFY(network.setFolded(group.id, true).ok());
      checkFrames(network);
      QVERIFY(network.setFolded(group.id, false).ok());
    }
  }

  void screenshots() {
    Desk desk;
    QVERIFY(desk.document.newFromTemplate("CIFAR-style ResNet-20").ok());
    for (const std::string prefix : {"s1b2_", "s1", "s2b2_", "s2", "s3"}) {
      std::set<LayerId> layers;
      for (const Layer& layer : desk.document.network().layers())
        if (layer.name.starts_with(prefix)) layers.insert(layer.id);
      const auto id = desk.document.groupLayers(layers);
      QVERIFY(id.ok());
      if (prefix.size() > 2) QVERIFY(desk.document.setRepeat(*id, 3).ok());
      if (prefix == "s2b2_" || prefix == "s3") QVERIFY(desk.document.setFolded({*id}, true).ok());
    }
    desk.view->fit();
    test::screenshot(&desk.window, "resnet_nested");
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::NestedGroupsTest)
#include "nested_groups_test.moc"
