// Networks with several outputs: their heads in the training form, in the list of problems and in edits of the network.
#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QMenu>
#include <QPushButton>

#include "tests/gui/desk.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

namespace {

using Names = std::vector<std::string>;

// A table with a target of classes and one of numbers, and a network with an output for each.
struct HeadsDesk : Desk {
  QTemporaryDir folder;
  LayerId trunk = 0, species = 0, price = 0;

  HeadsDesk() {
    QFile file(folder.filePath("fish.csv"));
    if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
    file.write("weight,length,species,price\n");
    for (int i = 0; i < 60; ++i)
      file.write(QString("%1,%2,%3,%4\n").arg(i).arg(i % 7).arg(QChar('a' + i % 3)).arg(1.5 * i).toUtf8());
    file.close();
    Project project;
    project.data.kind = DataKind::Csv;
    project.data.path = file.fileName().toStdString();
    project.data.targets = {"species", "price"};
    project.data.categories = {"species"};
    project.data.numbers = {"price"};
    Network& network = project.network;
    const LayerId input = *network.add("input", "fish", {{"shape", std::vector<std::int64_t>{2}}});
    const auto dense = [&](const char* name, std::int64_t units, LayerId from) {
      const LayerId id = *network.add("dense", name, {{"units", units}});
      if (!network.connect(from, id).ok()) qFatal("the layers do not connect");
      return id;
    };
    trunk = dense("trunk", 8, input);
    species = dense("kind_scores", 3, trunk);
    price = dense("price_scaled", 1, trunk);
    document.setProject(std::move(project));
    inspector->showPage(InspectorPanel::Training);
    if (!QTest::qWaitFor([&] { return document.dataInfo() && !document.probing(); })) qFatal("no data");
  }
  const std::vector<Head>& heads() { return document.training().heads; }
  void undo() { document.undoStack()->undo(); }
  QString undoText() { return document.undoStack()->undoText(); }
  void giveEachOutputAHead() {
    if (problems->count() != 1) qFatal("another problem");
    if (!document.applyFix(document.analysis().problems[0]).ok()) qFatal("not fixed");
  }
  bool shows(const char* name) { return find<QWidget>(inspector, name)->isVisibleTo(inspector); }
  void choose(const char* box, const QString& value) {
    auto* choice = find<QComboBox>(inspector, box);
    const int index = choice->findData(value);
    if (index < 0) qFatal("no choice %s", qPrintable(value));
    choice->setCurrentIndex(index);
  }
  void click(const char* button) { QTest::mouseClick(find<QPushButton>(inspector, button), Qt::LeftButton); }
};

// The entries of the menu that chooses the targets; one of them is chosen.
QStringList targetMenu(Desk& desk, const char* button, const QString& choose = {}) {
  QMenu* menu = find<QPushButton>(desk.inspector, button)->menu();
  Q_EMIT menu->aboutToShow();
  QStringList entries;
  QAction* chosen = nullptr;
  for (QAction* action : menu->actions()) {
    if (action->isSeparator()) continue;
    entries << action->text() + (action->isChecked() ? " *" : "");
    if (action->objectName() == choose) chosen = action;
  }
  if (chosen == nullptr && !choose.isEmpty()) qFatal("no entry %s", qPrintable(choose));
  if (chosen != nullptr) chosen->trigger();
  return entries;
}

}  // namespace

class HeadsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theProblemsOfferEachOutputAHead() {
    HeadsDesk desk;
    QCOMPARE(desk.problems->count(), 1);
    auto* fix = find<QPushButton>(desk.problems, "fix_0");
    QCOMPARE(fix->text(), QString("Give each output a head"));
    const Project before = desk.document.project();
    QTest::mouseClick(fix, Qt::LeftButton);
    QTRY_COMPARE(desk.problems->count(), 0);
    QVERIFY(desk.document.analysis().ok());
    QCOMPARE(desk.heads().size(), 2U);
    QCOMPARE(desk.heads()[0].output, std::string("kind_scores"));
    QCOMPARE(desk.heads()[0].targets, Names{"species"});
    QCOMPARE(desk.heads()[1].output, std::string("price_scaled"));
    QCOMPARE(desk.heads()[1].targets, Names{"price"});
    QVERIFY(desk.heads()[1].loss == LossConfig("mse"));
    QCOMPARE(desk.undoText(), QString("Give each output a head"));
    test::screenshot(&desk.window, "heads");
    desk.undo();
    QVERIFY(desk.document.project() == before);
    QCOMPARE(desk.problems->count(), 1);
  }

  void oneHeadHasTheSimpleForm() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    const auto shown = [&](const char* name) {
      return find<QWidget>(desk.inspector, name)->isVisibleTo(desk.inspector);
    };
    QVERIFY(shown("training_loss") && shown("training_target") && shown("training_metric_accuracy"));
    QVERIFY(!shown("headsForm"));
    const LayerId dense = desk.add("dense", {0, 0});
    desk.inspector->showPage(InspectorPanel::Training);
    QVERIFY(shown("training_loss") && !shown("headsForm"));
    // Also if the head names the only output.
    TrainingConfig training = desk.document.training();
    training.heads[0].output = desk.layer(dense).name;
    desk.document.setTraining(training, "output");
    QVERIFY(shown("training_loss") && !shown("headsForm"));
    desk.add("dense", {0, 300});  // a second output
    desk.inspector->showPage(InspectorPanel::Training);
    QVERIFY(!shown("training_loss") && !shown("training_target") && !shown("training_metric_accuracy"));
    QVERIFY(shown("headsForm") && shown("head_loss") && shown("head_metric_accuracy"));
    desk.document.undoStack()->undo();
    QVERIFY(shown("training_loss") && !shown("headsForm"));
  }

  void anInputCanBeTheTarget() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    auto* button = find<QPushButton>(desk.inspector, "training_target");
    QCOMPARE(button->text(), QString("As in the data"));
    const std::string input = desk.document.dataInfo()->inputs[0].name;
    const QStringList entries =
        targetMenu(desk, "training_target", "target_" + QString::fromStdString(input));
    QCOMPARE(entries.size(), 3);
    QCOMPARE(entries[0], QString("As in the data *"));
    QVERIFY2(entries[1].endsWith(": 2 classes"), qPrintable(entries[1]));
    QVERIFY2(entries[2].endsWith(": 2 numbers"), qPrintable(entries[2]));
    QCOMPARE(desk.document.training().heads[0].targets, Names{input});
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Change target"));
    QCOMPARE(button->text(), QString::fromStdString(input));
    QCOMPARE(button->accessibleName(), "Target: " + button->text());
    // A target replaces it.
    const std::string target = desk.document.dataInfo()->targets[0].name;
    targetMenu(desk, "training_target", "target_" + QString::fromStdString(target));
    QCOMPARE(desk.document.training().heads[0].targets, Names{target});
    targetMenu(desk, "training_target", "target_all");
    QVERIFY(desk.document.training().heads[0].targets.empty());
  }

  void theChosenHeadIsEdited() {
    HeadsDesk desk;
    desk.giveEachOutputAHead();
    const TrainingConfig before = desk.document.training();
    QVERIFY(desk.shows("headsForm") && !desk.shows("training_loss") &&
            !desk.shows("training_metric_accuracy"));
    auto* choice = find<QComboBox>(desk.inspector, "head_choice");
    QCOMPARE(choice->count(), 2);
    QCOMPARE(choice->currentText(), QString("kind_scores"));
    QVERIFY(find<QCheckBox>(desk.inspector, "head_metric_accuracy")->isChecked());
    choice->setCurrentIndex(1);
    QCOMPARE(find<QComboBox>(desk.inspector, "head_output")->currentText(), QString("price_scaled"));
    QVERIFY(desk.inspector->findChild<QCheckBox*>("head_metric_accuracy") == nullptr);
    const int edits = desk.document.undoStack()->count();

    desk.choose("head_loss", "huber");
    QCOMPARE(desk.undoText(), QString("Change loss of price_scaled"));
    QVERIFY(desk.heads()[1].loss == LossConfig("huber"));
    test::enter(find<NumberBox>(desk.inspector, "head_weight"), "0.25");
    QCOMPARE(desk.undoText(), QString("Change weight of price_scaled"));
    QCOMPARE(desk.heads()[1].weight, 0.25);
    find<QCheckBox>(desk.inspector, "head_metric_mae")->click();
    QCOMPARE(desk.undoText(), QString("Change metrics of price_scaled"));
    QCOMPARE(desk.heads()[1].reportedMetrics().size(), 1U);
    const QStringList entries = targetMenu(desk, "head_target", "target_species");
    QCOMPARE(entries.size(), 4);
    QCOMPARE(entries.mid(0, 3), (QStringList{"All targets", "species: 3 classes", "price: a number *"}));
    QCOMPARE(desk.undoText(), QString("Change target of price_scaled"));
    QCOMPARE(desk.heads()[1].targets, (Names{"price", "species"}));
    QCOMPARE(find<QPushButton>(desk.inspector, "head_target")->text(), QString("2 targets"));
    desk.choose("head_output", "trunk");
    QCOMPARE(desk.undoText(), QString("Change output of price_scaled"));
    QCOMPARE(desk.heads()[1].output, std::string("trunk"));
    QCOMPARE(choice->currentText(), QString("trunk"));
    QVERIFY(find<QComboBox>(desk.inspector, "head_output")->findData("kind_scores") <
            0);  // has the other head

    QVERIFY(desk.heads()[0] == before.heads[0]);
    QCOMPARE(desk.document.undoStack()->count(), edits + 5);
    for (int i = 0; i < 5; ++i) desk.undo();
    QVERIFY(desk.document.training() == before);
    QCOMPARE(find<NumberBox>(desk.inspector, "head_weight")->value(), 1.0);
  }

  void headsAreAddedAndRemoved() {
    HeadsDesk desk;
    auto* add = find<QPushButton>(desk.inspector, "head_add");
    auto* remove = find<QPushButton>(desk.inspector, "head_remove");
    QVERIFY(desk.shows("headsForm") && add->isEnabled() && !remove->isEnabled());
    QVERIFY2(remove->toolTip().contains("at least one"), qPrintable(remove->toolTip()));
    desk.click("head_add");
    QCOMPARE(desk.heads().size(), 2U);
    QCOMPARE(desk.undoText(), QString("Add head for price_scaled"));
    QCOMPARE(find<QComboBox>(desk.inspector, "head_choice")->currentText(), QString("price_scaled"));
    QCOMPARE(desk.problems->count(), 0);
    QVERIFY(!add->isEnabled() && remove->isEnabled());
    QVERIFY2(add->toolTip().contains("Each output"), qPrintable(add->toolTip()));
    desk.click("head_remove");
    QCOMPARE(desk.undoText(), QString("Remove head for price_scaled"));
    QCOMPARE(desk.heads().size(), 1U);
    QCOMPARE(desk.heads()[0].output, std::string("kind_scores"));
    QVERIFY(desk.shows("headsForm"));
    QCOMPARE(desk.problems->count(), 1);
    // During a run the heads can only be looked at.
    desk.undo();
    desk.inspector->setLocked(true);
    QVERIFY(find<QComboBox>(desk.inspector, "head_choice")->isEnabled());
    for (const char* name :
         {"head_add", "head_remove", "head_output", "head_target", "head_loss", "head_weight"})
      QVERIFY2(!find<QWidget>(desk.inspector, name)->isEnabled(), name);
    desk.inspector->setLocked(false);
    QVERIFY(remove->isEnabled() && find<QWidget>(desk.inspector, "head_weight")->isEnabled());
  }

  void theBestEpochCanFollowOneHead() {
    HeadsDesk desk;
    auto* monitor = find<QComboBox>(desk.inspector, "training_monitor");
    desk.choose("training_monitor", "accuracy");  // of the only head
    desk.giveEachOutputAHead();
    QCOMPARE(desk.document.training().monitor, std::string("kind_scores accuracy"));
    QCOMPARE(monitor->currentText(), QString("kind_scores accuracy"));
    for (const char* name : {"loss", "kind_scores loss", "price_scaled loss", "price_scaled mae"})
      QVERIFY2(monitor->findData(name) >= 0, name);
    QVERIFY(monitor->findData("accuracy") < 0);
    // The name follows the layer.
    QVERIFY(desk.document.rename(desk.species, "kinds").ok());
    QCOMPARE(desk.document.training().monitor, std::string("kinds accuracy"));
    QCOMPARE(monitor->currentData().toString(), QString("kinds accuracy"));
    desk.click("head_remove");  // that of the first head
    QCOMPARE(desk.document.training().monitor, std::string("loss"));
    desk.undo();
    QCOMPARE(desk.document.training().monitor, std::string("kinds accuracy"));
  }

  void headsFollowTheirLayers() {
    HeadsDesk desk;
    desk.giveEachOutputAHead();
    const Project before = desk.document.project();
    const int edits = desk.document.undoStack()->count();
    QVERIFY(desk.document.rename(desk.price, "cost").ok());
    QCOMPARE(desk.heads()[1].output, std::string("cost"));
    QCOMPARE(find<QComboBox>(desk.inspector, "head_choice")->itemText(1), QString("cost"));
    QCOMPARE(desk.problems->count(), 0);
    QCOMPARE(desk.document.undoStack()->count(), edits + 1);
    desk.undo();
    QVERIFY(desk.document.project() == before);

    QVERIFY(desk.document.removeLayers({desk.price}).ok());
    QCOMPARE(desk.heads().size(), 1U);
    QCOMPARE(desk.heads()[0], before.training.heads[0]);
    QCOMPARE(desk.problems->count(), 0);
    QCOMPARE(desk.document.undoStack()->count(), edits + 1);
    QVERIFY(desk.shows("training_loss") && !desk.shows("headsForm"));
    desk.undo();
    QVERIFY(desk.document.project() == before);

    QVERIFY(desk.document.removeLayers({desk.species, desk.price}).ok());
    QCOMPARE(desk.heads().size(), 1U);
    QVERIFY(desk.heads()[0].output.empty());
    desk.undo();
    QVERIFY(desk.document.project() == before);
  }

  // The output of a repeated layer is that of its last repetition.
  void headsFollowRepetitionsThatBecomeLayers() {
    HeadsDesk desk;
    desk.giveEachOutputAHead();
    const auto group = desk.document.groupLayers({desk.price});
    QVERIFY(group.ok() && desk.document.setRepeat(*group, 3).ok());
    QVERIFY(desk.document.ungroup({*group}).ok());
    QVERIFY(desk.document.network().findByName("price_scaled.3") != nullptr);
    QCOMPARE(desk.heads()[1].output, std::string("price_scaled.3"));
    QCOMPARE(desk.problems->count(), 0);
  }

  void newLayersFollowTheLastOutput() {
    HeadsDesk desk;
    const auto added = desk.document.addLayerAfter("activation", 0);
    QVERIFY(added.ok());
    QCOMPARE(desk.layer(*added).inputs, std::vector<Source>{desk.price});
  }

  void tabVisitsTheFieldsInTheirOrder() {
    HeadsDesk desk;
    desk.giveEachOutputAHead();
    find<QComboBox>(desk.inspector, "head_choice")->setCurrentIndex(1);
    desk.choose("head_loss", "huber");  // rebuilds its fields
    QStringList order;
    const QWidget* form = find<QWidget>(desk.inspector, "headsForm");
    QWidget* first = find<QWidget>(desk.inspector, "head_choice");
    for (QWidget* widget = first;;) {
      if (form->isAncestorOf(widget) && !widget->objectName().startsWith("qt_") &&
          !widget->objectName().isEmpty() && (widget->focusPolicy() & Qt::TabFocus) != 0 &&
          widget->isVisibleTo(desk.inspector))
        order << widget->objectName();
      widget = widget->nextInFocusChain();
      if (widget == first) break;
    }
    const QStringList expected = {"head_choice", "head_add",  "head_remove", "head_output",
                                  "head_target", "head_loss", "head_weight", "head_metric_mae"};
    qsizetype at = 0;
    for (const QString& name : expected) {
      QVERIFY2(order.indexOf(name, at) >= 0, qPrintable(name + " is not in " + order.join(", ")));
      at = order.indexOf(name, at);
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::HeadsTest)
#include "heads_test.moc"
