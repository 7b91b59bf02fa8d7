// The forms of the inspector, filled in as by a user: properties, names, training settings, data, and the
// problems; asserts on the document.
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

#include "tests/gui/desk.h"
#include "ui/data/data_preview.h"
#include "ui/models/problems_model.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

class InspectorTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void propertyEditsReachTheDocumentAndUndoAsOne() {
    Desk desk;
    const LayerId conv = desk.add("conv2d", {0, 0});
    const int count = desk.document.undoStack()->count();
    auto* filters = find<NumberBox>(desk.inspector, "property_filters");
    QCOMPARE(filters->value(), 32.0);
    test::enter(filters, "128");
    QCOMPARE(desk.layer(conv).properties.integer("filters", 0), 128);
    QCOMPARE(desk.document.undoStack()->count(), count + 1);
    auto* padding = find<QComboBox>(desk.inspector, "property_padding");
    QVERIFY(!find<QLineEdit>(desk.inspector, "property_pads")->isEnabled());
    padding->setCurrentText("explicit");
    QVERIFY(find<QLineEdit>(desk.inspector, "property_pads")->isEnabled());
    find<NumberBox>(desk.inspector, "property_kernel_1")->setValue(5);
    QCOMPARE(desk.layer(conv).properties.integers("kernel", {}), (std::vector<std::int64_t>{3, 5}));
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QVERIFY(!desk.layer(conv).properties.has("filters"));
    QCOMPARE(filters->value(), 32.0);
  }

  void helpFollowsTheSelectedLayer() {
    Desk desk;
    const LayerId dense = desk.add("dense", {0, 0});
    auto* text = find<QLabel>(desk.inspector, "layerHelpText");
    QVERIFY(!text->isVisible());
    QTest::mouseClick(find<QToolButton>(desk.inspector, "layerHelpButton"), Qt::LeftButton);
    QVERIFY(text->isVisible());
    QVERIFY2(text->text().contains("y = act(x kernel + bias)"), qPrintable(text->text()));
    QVERIFY2(text->text().contains("output: 11.5"), qPrintable(text->text()));
    QVERIFY2(text->text().contains("(..., features) -&gt; (..., units)"), qPrintable(text->text()));
    desk.add("flatten", {0, 100});
    QVERIFY(text->isVisible());
    QVERIFY2(text->text().contains("(a, b, ...) -&gt; (a b ...)"), qPrintable(text->text()));
    desk.document.select({dense});
    QVERIFY(text->text().contains("output: 11.5"));
  }

  void classWeightsNameTheirClasses() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    auto* field = find<QLineEdit>(desk.inspector, "training_weights");
    QVERIFY(!field->isEnabled());
    find<QComboBox>(desk.inspector, "training_class_weights")->setCurrentText("custom");
    QVERIFY(field->isEnabled());
    const auto weights = [&] {
      return desk.document.training().heads[0].loss.properties().numbers("weights");
    };
    const std::vector<std::string> names = desk.document.dataInfo()->targets[0].classNames;
    QCOMPARE(names.size(), 2U);
    test::enter(field, "2, 0.5");
    QCOMPARE(weights(), (std::vector<double>{2, 0.5}));
    const QString lines = QString::fromStdString(names[0] + ": 2\n" + names[1] + ": 0.5");
    QVERIFY2(field->toolTip().endsWith(lines), qPrintable(field->toolTip()));
    test::enter(field, "2, -1");
    QCOMPARE(weights(), (std::vector<double>{2, 0.5}));
    test::enter(field, "3");
    QVERIFY2(field->toolTip().endsWith(QString::fromStdString(names[0] + ": 3\n" + names[1] + ": ?")),
             qPrintable(field->toolTip()));
  }

  void incompleteShapesDoNotReachTheDocument() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0});
    auto* shape = find<QLineEdit>(desk.inspector, "property_shape");
    const auto before = desk.layer(input).properties.integers("shape", {});
    test::retype(shape, "32, 32, 3");
    QCOMPARE(desk.layer(input).properties.integers("shape", {}), before);  // not applied while typing
    QTest::keyClick(shape, Qt::Key_Return);
    QCOMPARE(desk.layer(input).properties.integers("shape", {}), (std::vector<std::int64_t>{32, 32, 3}));
    test::enter(shape, "32, 32, 3, y");
    QCOMPARE(desk.layer(input).properties.integers("shape", {}), (std::vector<std::int64_t>{32, 32, 3}));
    auto* note = find<QLabel>(&desk.window, "fieldNote");
    QVERIFY2(note->isVisible() && note->text().contains("“y” is not a number"), qPrintable(note->text()));
  }

  void namesAreUnique() {
    Desk desk;
    desk.add("dense", {0, 0});
    const LayerId second = desk.add("dense", {220, 0});
    auto* name = find<QLineEdit>(desk.inspector, "layerName");
    test::enter(name, "dense");
    QVERIFY(desk.layer(second).name != "dense");
    QVERIFY(find<QLabel>(&desk.window, "fieldNote")->isVisible());
    QCOMPARE(name->text(), QString("dense"));  // stays for correction
    test::enter(name, "dense_out");
    QCOMPARE(desk.layer(second).name, std::string("dense_out"));
    QVERIFY(desk.window.findChild<QLabel*>("fieldNote") == nullptr);
  }

  void problemsAreListedAndFixed() {
    Desk desk;
    DataSpec images;
    images.kind = DataKind::Idx;
    images.path = "builtin:fashion-mnist";
    desk.document.setData(images, "Choose data");
    const LayerId input = desk.add("input", {0, 0}), dense = desk.add("dense", {240, 0});
    QVERIFY(desk.document.setProperty(dense, "units", std::int64_t{10}).ok());
    QVERIFY(desk.document.connectLayers(input, dense).ok());
    auto* table = find<QTableView>(desk.problems, "problemsTable");
    QCOMPARE(desk.problems->count(), 1);
    const QModelIndex row = table->model()->index(0, ProblemsModel::Message);
    QVERIFY2(row.data().toString().contains("flat"), qPrintable(row.data().toString()));
    desk.document.select({});
    Q_EMIT table->activated(row);
    QCOMPARE(desk.document.selectedLayers(), std::set<LayerId>{dense});
    test::screenshot(&desk.window, "problem");
    const Project before = desk.document.project();
    QTest::mouseClick(find<QPushButton>(desk.problems, "fix_0"), Qt::LeftButton);
    QTRY_COMPARE(desk.problems->count(), 0);
    QVERIFY(desk.document.analysis().ok());
    QCOMPARE(desk.document.network().layers().size(), 3U);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
    QCOMPARE(desk.problems->count(), 1);
    desk.document.select({dense});
    QTest::mouseClick(find<QPushButton>(desk.inspector, "layerFix"), Qt::LeftButton);
    QVERIFY(desk.document.analysis().ok());
  }

  void aMismatchOfNetworkAndDataIsAProblem() {
    Desk desk;
    const LayerId input = desk.add("input", {0, 0}), dense = desk.add("dense", {240, 0});
    QVERIFY(desk.document.setProperty(input, "shape", std::vector<std::int64_t>{2}).ok());
    QVERIFY(desk.document.connectLayers(input, dense).ok());
    QTRY_COMPARE(desk.problems->count(), 1);  // spirals have two classes, the layer has 64 units
    QTest::mouseClick(find<QPushButton>(desk.problems, "fix_0"), Qt::LeftButton);
    QTRY_COMPARE(desk.layer(dense).properties.integer("units", 64), 2);
    QCOMPARE(desk.problems->count(), 0);
    desk.document.undoStack()->undo();
    QCOMPARE(desk.problems->count(), 1);
  }

  void trainingSettingsAreEdits() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    find<NumberBox>(desk.inspector, "training_epochs")->setValue(7);
    QCOMPARE(desk.document.training().epochs, 7);
    auto* kernels = find<QComboBox>(desk.inspector, "training_kernels");
    QCOMPARE(kernels->currentText(), QString("Deterministic"));
    kernels->setCurrentIndex(1);
    QVERIFY(!desk.document.training().device.deterministic);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.training().device.deterministic);
    QCOMPARE(kernels->currentIndex(), 0);
    QVERIFY(desk.inspector->findChild<NumberBox*>("training_momentum") == nullptr);
    test::enter(find<NumberBox>(desk.inspector, "training_learning_rate"), "2.5e-4");
    QCOMPARE(desk.document.training().optimizer.number(kLearningRate), 2.5e-4);
    auto* optimizer = find<QComboBox>(desk.inspector, "training_optimizer");
    optimizer->setCurrentIndex(optimizer->findData("sgd"));
    QCOMPARE(desk.document.training().optimizer.number(kLearningRate), 2.5e-4);  // both have it
    test::enter(find<NumberBox>(desk.inspector, "training_momentum"), "0.5");
    QCOMPARE(desk.document.training().optimizer.number("momentum"), 0.5);
    QCOMPARE(desk.document.undoStack()->count(), 4);
    for (int i = 0; i < 4; ++i) desk.document.undoStack()->undo();
    QVERIFY(desk.inspector->findChild<NumberBox*>("training_momentum") == nullptr);
    QVERIFY(desk.document.training() == TrainingConfig());
  }

  void metricsFollowTheLossAndAreEdits() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    const auto box = [&](const char* name) { return desk.inspector->findChild<QCheckBox*>(name); };
    auto* monitor = find<QComboBox>(desk.inspector, "training_monitor");
    QVERIFY(box("training_metric_accuracy")->isChecked());
    QVERIFY(box("training_metric_mae") == nullptr);  // of values
    QVERIFY(!box("training_metric_recall")->isChecked());
    auto* index = find<NumberBox>(desk.inspector, "training_metric_recall_class");
    QVERIFY(index->isHidden() || !index->isVisibleTo(desk.inspector));
    box("training_metric_recall")->click();
    QCOMPARE(desk.document.training().heads[0].reportedMetrics(),
             (std::vector<MetricConfig>{"accuracy", "confusion_matrix", "recall"}));
    QVERIFY(index->isVisibleTo(desk.inspector));
    monitor->setCurrentIndex(monitor->findText("Recall class 1"));
    QCOMPARE(desk.document.training().monitor, std::string("recall_class_1"));
    test::enter(index, "0");
    QCOMPARE(desk.document.training().monitor, std::string("recall_class_0"));
    QCOMPARE(monitor->currentText(), QString("Recall class 0"));
    auto* loss = find<QComboBox>(desk.inspector, "training_loss");
    loss->setCurrentIndex(loss->findData("mse"));
    QVERIFY(loss->toolTip().endsWith("\nIn Keras: MeanSquaredError, in PyTorch: MSELoss"));
    QVERIFY(loss->itemData(loss->findData("mae"), Qt::ToolTipRole).toString().endsWith("in PyTorch: L1Loss"));
    QVERIFY(box("training_metric_recall") == nullptr);
    QVERIFY(box("training_metric_mae") != nullptr);
    QVERIFY(box("training_metric_mae")->toolTip().contains("torchmetrics.MeanAbsoluteError"));
    QCOMPARE(desk.document.training().monitor, std::string("loss"));
    QCOMPARE(monitor->currentText(), QString("Loss"));
    QCOMPARE(desk.document.undoStack()->count(), 4);
    desk.document.undoStack()->undo();
    QCOMPARE(monitor->currentText(), QString("Recall class 0"));
    QVERIFY(box("training_metric_recall")->isChecked());
    box("training_metric_recall")->click();
    QVERIFY(!desk.document.training().heads[0].metrics);  // the usual ones again
    QCOMPARE(desk.document.training().monitor, std::string("loss"));
  }

  // Two metrics of one type, which a project file can state, each have a row.
  void aMetricCanBeReportedForSeveralClasses() {
    Desk desk;
    TrainingConfig training = desk.document.training();
    training.heads[0].metrics = {{"recall", {{"class", std::int64_t{0}}}}, "recall"};
    desk.document.setTraining(training, "Change metrics");
    desk.inspector->showPage(InspectorPanel::Training);
    QVERIFY(find<QCheckBox>(desk.inspector, "training_metric_recall")->isChecked());
    find<QCheckBox>(desk.inspector, "training_metric_recall_2")->click();
    QCOMPARE(desk.document.training().heads[0].reportedMetrics(),
             (std::vector<MetricConfig>{{"recall", {{"class", std::int64_t{0}}}}}));
  }

  void dataIsProbedAndErrorsAreShown() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    find<NumberBox>(desk.inspector, "data_count")->setValue(500);
    QCOMPARE(desk.document.data().count, 500);
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    QCOMPARE(desk.document.dataInfo()->targets[0].classes, 2);
    auto* result = find<QLabel>(desk.inspector, "dataResult");
    QVERIFY2(result->text().contains("2 classes"), qPrintable(result->text()));
    QTRY_VERIFY(find<DataPreview>(desk.inspector, "dataPreview")->points() > 0);
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    source->setCurrentIndex(2);
    Q_EMIT source->activated(2);
    QVERIFY(desk.document.data().kind == DataKind::Csv);
    test::enter(find<QLineEdit>(desk.inspector, "data_path"), "/nowhere/at-all.csv");
    QTRY_VERIFY(desk.document.dataError().has_value() && !desk.document.probing());
    QVERIFY2(result->text().contains("at-all.csv"), qPrintable(result->text()));
    desk.document.undoStack()->undo();
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.data().kind == DataKind::Generated);
  }

  void everyFieldHasObjectAndAccessibleNames() {
    Desk desk;
    desk.add("conv2d", {0, 0});
    for (const QWidget* panel : {static_cast<QWidget*>(desk.palette), static_cast<QWidget*>(desk.inspector),
                                 static_cast<QWidget*>(desk.problems)}) {
      for (const QWidget* field : panel->findChildren<QWidget*>()) {
        const bool input = qobject_cast<const QAbstractSpinBox*>(field) != nullptr ||
                           qobject_cast<const QComboBox*>(field) != nullptr ||
                           (qobject_cast<const QLineEdit*>(field) != nullptr &&
                            qobject_cast<const QAbstractSpinBox*>(field->parentWidget()) == nullptr);
        if (!input) continue;
        QVERIFY(!field->objectName().isEmpty());
        QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(field->objectName()));
      }
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::InspectorTest)
#include "inspector_test.moc"
