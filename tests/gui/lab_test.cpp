// Training in a real window: journey 1 (template, Train, curves, test accuracy), the controls of a run, the
// errors that prevent or end a run, and the actions on recorded runs.
#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <algorithm>

#include "core/io/keras/keras.h"
#include "core/train/checkpoint.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/runs/weights_export.h"
#include "ui/train/curve_plot.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::answer, test::chooseFile;

class LabTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  // Journey 1: choose a template, press Train, see the curves, read the accuracy on the test set.
  void firstMinute() {
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("welcomePage"));
    QVERIFY(!child<QAction>("actionTrain")->isEnabled());
    auto* card = child<QAbstractButton>("template:Two moons");
    QTest::mouseClick(card, Qt::LeftButton);
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("workView"));
    QCOMPARE(document().network().layers().size(), std::size_t{4});

    auto* loss = child<CurvePlot>("lossPlot");
    QVERIFY(!loss->isVisible());  // the empty page explains what to do
    QVERIFY(child<QLabel>("plotsEmpty")->isVisible());
    QSignalSpy started(&controller(), &TrainController::runStarted);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QVERIFY(controller().busy());
    QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty(), kRunMs);
    QTRY_VERIFY_WITH_TIMEOUT(controller().series()->metric("loss")->raw.size() > 10, kRunMs);
    QTRY_VERIFY(loss->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(loss->graphCount() > 0 && loss->graph(0)->dataCount() > 10, kRunMs);
    QVERIFY(!ended.isEmpty() || ended.wait(kRunMs));

    const TrainResult& result = *controller().lastResult();
    QCOMPARE(result.state, TrainState::Finished);
    QVERIFY(result.hasTest);
    const MetricSeries* accuracy = controller().series()->metric("accuracy");
    QVERIFY(accuracy != nullptr);
    QVERIFY(result.test[static_cast<std::size_t>(accuracy->slot.slot)] > 0.9F);
    QCOMPARE(accuracy->validation.size(), static_cast<std::size_t>(document().training().epochs));
    QCOMPARE(controller().series()->metric("loss")->raw.lastX(), static_cast<double>(result.steps));
    // The network has learned: the mean loss of the last epoch is far below that of the first step.
    const MetricSeries* losses = controller().series()->metric("loss");
    QVERIFY(losses->train.back().y < 0.5 * static_cast<double>(losses->raw.mean(0)));

    QVERIFY(child<MessageBar>("messageBar")->isVisible());
    QVERIFY(child<MessageBar>("messageBar")->text().contains("accuracy"));
    QCOMPARE(runs().rowCount(), 1);
    QVERIFY(runs().runs().front().state == RunState::Finished);
    QCOMPARE(runs().runs().front().steps, result.steps);
    QVERIFY(child<QAction>("actionExport")->isEnabled());
    QVERIFY(!document().isDirty());  // training is not an edit
  }

  void pauseStepStopResume() {
    openMoons(100'000);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 0, kRunMs);
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    QTest::qWait(100);  // pending records arrive
    const std::int64_t at = controller().status().step;
    QTest::qWait(150);
    QCOMPARE(controller().status().step, at);
    QVERIFY(child<QAction>("actionPause")->isChecked());
    QCOMPARE(child<QAction>("actionTrain")->text().remove('&'), QString("Continue"));
    trigger("actionStep");
    QTRY_COMPARE_WITH_TIMEOUT(controller().status().step, at + 1, kRunMs);
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().status().step > at + 10, kRunMs);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    QTest::keyClick(window_.get(), Qt::Key_F5, Qt::ShiftModifier);
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Stopped);
    const std::int64_t steps = controller().lastResult()->steps;

    // It continues from its checkpoint as a new run.
    QVERIFY(runs().runs().front().state == RunState::Stopped);
    clickRun(0);
    QVERIFY(child<QAction>("runResume")->isEnabled());
    trigger("runResume");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > steps, kRunMs);
    QCOMPARE(controller().series()->metric("loss")->raw.firstX(), static_cast<double>(steps + 1));
    QVERIFY(!child<QAction>("runResume")->isEnabled());
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(runs().rowCount(), 2);
  }

  // A folder in the way of the checkpoint: the weights stay in memory until another place is chosen.
  void weightsThatCannotBeStoredAreSavedElsewhere() {
    openMoons(100'000);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training(), kRunMs);
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    const auto info = store_->info(controller().runId());
    QVERIFY(info.ok());
    const std::filesystem::path checkpoint = info->folder / Trainer::kCheckpointName;
    std::filesystem::remove(checkpoint);
    std::filesystem::create_directories(checkpoint / "in the way");
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    QVERIFY(controller().unsaved() != nullptr);
    QVERIFY(child<MessageBar>("messageBar")->text().contains("still in memory"));
    // Another run does not discard them without a question.
    answer("weightsQuestion", "Cancel");
    trigger("actionTrain");
    QVERIFY(!controller().busy());
    QVERIFY(controller().unsaved() != nullptr);
    // Written in the background, because a large checkpoint takes seconds; what follows waits for it.
    const QString file = folder_->filePath("elsewhere.h5");
    chooseFile(file);
    child<MessageBar>("messageBar")->findChild<QPushButton*>()->click();
    QVERIFY(child<MessageBar>("messageBar")->text().contains("Writing the checkpoint"));
    QVERIFY(controller().unsaved() != nullptr);
    trigger("actionTrain");
    QVERIFY(!controller().busy());
    const std::int64_t steps = controller().lastResult()->steps;
    QTRY_VERIFY_WITH_TIMEOUT(controller().busy(), kRunMs);
    QVERIFY(controller().unsaved() == nullptr);
    const auto saved = loadCheckpoint(file.toStdString());
    QVERIFY(saved.ok());
    QCOMPARE(saved->step, steps);
    trigger("actionStop");
    QTRY_VERIFY_WITH_TIMEOUT(!controller().busy(), kRunMs);
    QCOMPARE(store_->info(info->id)->weights, std::filesystem::path(file.toStdString()));
  }

  void theBestOrTheLastWeightsAreExported() {
    openMoons(2);
    trainToEnd();
    QVERIFY(child<MessageBar>("messageBar")->text().contains("best epoch"));
    clickRun(0);
    QVERIFY(child<QAction>("runExport")->isEnabled());
    const QString file = folder_->filePath("last.h5");
    chooseFile(file);
    trigger("runExportLast");
    QTRY_VERIFY_WITH_TIMEOUT(importKeras(file.toStdString()).ok(), kRunMs);
  }

  void aRunStartsWithTheWeightsOfAnother() {
    openMoons(2);
    trainToEnd();
    clickRun(0);
    QVERIFY(child<QAction>("runStartFrom")->isEnabled());
    trigger("runStartFrom");
    const QString file = QString::fromStdString(document().training().initialWeights);
    QVERIFY2(file.endsWith("checkpoint.h5"), qPrintable(file));
    QCOMPARE(child<QLineEdit>("training_initial_weights")->text(), file);
    QVERIFY(child<MessageBar>("messageBar")->text().contains("starts with the weights of"));
    trainToEnd();
    QVERIFY(!controller().lastResult()->error);
    bool stated = false;
    const RunCurves curves = store_->curves(controller().runId()).value();
    for (const RunEvent& event : curves.events)
      stated = stated || event.text.find("Starts with the weights of") != std::string::npos;
    QVERIFY(stated);
    document().undoStack()->undo();
    QVERIFY(document().training().initialWeights.empty());
  }

  void oneStepFromTheStart() {
    openMoons(2);
    trigger("actionStep");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused() && controller().status().step == 1, kRunMs);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
  }

  void exportWritesTheWeightsOfTheRun() {
    openMoons(1);
    trainToEnd();
    const QString file = folder_->filePath("moons.h5");
    chooseFile(file);
    trigger("actionExport");
    QTRY_VERIFY_WITH_TIMEOUT(
        child<MessageBar>("messageBar")->text().contains("moons.h5") && QFile::exists(file), kRunMs);
    QTRY_COMPARE(child<MessageBar>("messageBar")->kind(), MessageBar::Kind::Success);
    // tests/keras checks the format with Keras itself; this checks that the file contains the run's weights.
    const auto checkpoint = loadCheckpoint(controller().lastResult()->weights);
    QVERIFY(checkpoint.ok());
    const auto read = importKeras(file.toStdString());
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().text().c_str());
    QCOMPARE(read->network.layers().size(), document().network().layers().size() + 1);  // the softmax
    QCOMPARE(read->outputs.size(), 1U);
    QVERIFY(read->outputs[0].meaning == OutputMeaning::Probabilities);
    QVERIFY(read->preprocessing == checkpoint->preprocessing);
    QVERIFY(!checkpoint->parameters.empty());
    QCOMPARE(read->weights.size(), checkpoint->parameters.size());
    for (const NamedArray& array : checkpoint->parameters) {
      const auto found = std::find_if(read->weights.begin(), read->weights.end(),
                                      [&](const auto& weight) { return weight.name == array.name; });
      QVERIFY2(found != read->weights.end(), array.name.c_str());
      QVERIFY(found->shape == array.shape);
      QVERIFY2(found->values == array.values, array.name.c_str());
    }
    // A missing folder is an error.
    const auto refused = exportCheckpointToKeras(
        controller().lastResult()->weights, (folder_->path() + "/missing/x.h5").toStdString(), Weights::Best);
    QVERIFY(!refused.ok());
  }

  void ticksOverlayRuns() {
    QAbstractItemModelTester tester(&runs(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    openMoons(1);
    trainToEnd();
    trainToEnd();
    QCOMPARE(runs().rowCount(), 2);
    QVERIFY(runs().runs()[0].id > runs().runs()[1].id);  // newest first
    auto* loss = child<CurvePlot>("lossPlot");
    const QModelIndex older = runs().index(1, RunsModel::Name);
    QVERIFY(runs().setData(older, Qt::Checked, Qt::CheckStateRole));
    QTRY_COMPARE_WITH_TIMEOUT(loss->curves().size(), std::size_t{2}, kRunMs);  // read on a worker thread
    QVERIFY(loss->curves()[0].color != loss->curves()[1].color);
    // With the same seed and settings, the recorded curve equals the live one, point by point.
    const CurveStore& live = *loss->curves()[0].raw;
    const CurveStore& recorded = *loss->curves()[1].raw;
    QCOMPARE(recorded.size(), live.size());
    for (std::size_t i = 0; i < live.size(); ++i) QCOMPARE(recorded.mean(i), live.mean(i));
    QVERIFY(runs().setData(older, Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(loss->curves().size(), std::size_t{3});  // one run: training, its epoch means, validation

    QVERIFY(runs().setData(older, "baseline", Qt::EditRole));
    QCOMPARE(store_->info(runs().runs()[1].id)->name, std::string("baseline"));
    QVERIFY(!runs().setData(older, "  ", Qt::EditRole));

    clickRun(1);
    trigger("runDelete");
    QCOMPARE(runs().rowCount(), 1);
    QCOMPARE(store_->trash()->size(), std::size_t{1});
  }

  void runsAreSortedByValue() {
    openMoons(10);
    trainToEnd();
    document().undoStack()->setClean();
    openMoons(9);
    trainToEnd();
    auto* table = child<QTableView>("runsTable");
    const auto epochs = [&](int row) {
      return table->model()->index(row, RunsModel::Epochs).data().toString();
    };
    QCOMPARE(epochs(0), QString("9"));  // newest first
    auto* header = table->horizontalHeader();
    const QPoint title(header->sectionViewportPosition(RunsModel::Epochs) + 10, header->height() / 2);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, title);
    const QString first = epochs(0);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, title);
    QVERIFY(epochs(0) != first);
    table->sortByColumn(RunsModel::Epochs, Qt::DescendingOrder);
    QCOMPARE(epochs(0), QString("10"));  // sorted as a number, not as text
    // The actions apply to the visible row.
    clickRun(0);
    document().undoStack()->setClean();
    trigger("runOpen");
    QCOMPARE(document().training().epochs, 10);
  }

  // Otherwise the previous value would be used unnoticed.
  void aWrongSettingIsNotTrained() {
    openMoons(10);
    child<QTabWidget>("inspectorTabs")->setCurrentIndex(2);
    auto* box = child<NumberBox>("training_learning_rate");
    QVERIFY(box->isVisible());
    test::retype(box, "abc");
    QTest::keyClick(box, Qt::Key_Tab);
    trigger("actionTrain");
    QVERIFY(!controller().busy());
    QVERIFY2(child<MessageBar>("messageBar")->text().contains("not valid"),
             qPrintable(child<MessageBar>("messageBar")->text()));
    QTest::keyClick(box, Qt::Key_Escape);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
  }

  // The learning rate of a running run can be changed; the run stores the rate of each step.
  void learningRateChangesDuringARun() {
    window_->showNormal();  // the offscreen screen is small and would collapse the tool bar
    window_->resize(1280, 800);
    openMoons(100'000);
    const double before = document().training().optimizer.number(kLearningRate);
    auto* box = child<NumberBox>("runLearningRate");
    QVERIFY(!box->isVisible());
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 5, kRunMs);
    QTRY_VERIFY(box->isVisible());  // the tool bar is laid out later
    QCOMPARE(box->value(), before);
    QVERIFY(!child<QWidget>("training_learning_rate")->isEnabled());
    test::retype(box, "0.0125");
    QCOMPARE(controller().learningRate(), before);  // not applied while typing
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(controller().learningRate(), 0.0125);
    const auto last = [&] {
      const CurveStore& rates = controller().series()->learningRate();
      return rates.mean(rates.size() - 1);
    };
    QTRY_COMPARE_WITH_TIMEOUT(last(), 0.0125F, kRunMs);
    QCOMPARE(document().training().optimizer.number(kLearningRate),
             before);  // belongs to the run, not an edit
    auto* choice = child<QComboBox>("metricChoice");
    choice->setCurrentIndex(choice->findText("learning rate"));
    Q_EMIT choice->activated(choice->currentIndex());
    QCOMPARE(child<CurvePlot>("metricPlot")->curves().front().raw, &controller().series()->learningRate());

    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    QTRY_VERIFY(!box->isVisible());
    const auto curves = store_->curves(controller().runId());
    QVERIFY(curves.ok());
    QCOMPARE(curves->steps.front().learningRate, static_cast<float>(before));
    QCOMPARE(curves->steps.back().learningRate, 0.0125F);
    // A resumed run continues with the changed rate.
    clickRun(0);
    trigger("runResume");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training(), kRunMs);
    QCOMPARE(box->value(), 0.0125);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
  }

  void openingTheProjectOfARun() {
    openMoons(1);
    trainToEnd();
    const Project trained = document().project();
    document().undoStack()->setClean();
    trigger("actionNew");
    QCOMPARE(document().network().layers().size(), std::size_t{0});
    clickRun(0);
    trigger("runOpen");
    QCOMPARE(toJson(document().project()), toJson(trained));
  }

  void impossibleSettingsAreReportedInTheWindow() {
    QVERIFY(window_->openTemplate("Fashion-MNIST CNN"));
    const Layer* conv = nullptr;
    for (const Layer& layer : document().network().layers()) {
      if (layer.type == "conv2d") conv = &layer;
    }
    QVERIFY(conv != nullptr);
    const LayerId id = conv->id;
    const QString name = toQString(conv->name);
    QVERIFY(document().setProperty(id, "kernel", std::vector<std::int64_t>{99, 99}).ok());
    QVERIFY(document().setProperty(id, "padding", std::string("valid")).ok());
    document().select({});
    trigger("actionTrain");
    auto* bar = child<MessageBar>("messageBar");
    QVERIFY(bar->isVisible());
    QCOMPARE(bar->kind(), MessageBar::Kind::Error);
    QVERIFY2(bar->text().contains(name), qPrintable(bar->text()));
    QVERIFY(!controller().busy());
    QCOMPARE(runs().rowCount(), 0);  // nothing was recorded
    QTest::mouseClick(child<QAbstractButton>("messageAction"), Qt::LeftButton);
    QCOMPARE(document().selectedLayers(), std::set<LayerId>{id});
    QTest::mouseClick(child<QAbstractButton>("messageClose"), Qt::LeftButton);
    QVERIFY(!bar->isVisible());
  }

  void aDivergedLossEndsTheRunWithAMessage() {
    openMoons(5);
    TrainingConfig training = document().training();
    // The weights grow a thousandfold per step.
    training.optimizer = {"sgd", {{"learning_rate", 1000.0}, {"weight_decay", 1.0}}};
    document().setTraining(training, "rate");
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
    QVERIFY2(controller().lastResult(), qPrintable(child<MessageBar>("messageBar")->text()));
    QCOMPARE(controller().lastResult()->state, TrainState::Failed);
    auto* bar = child<MessageBar>("messageBar");
    QVERIFY(bar->isVisible());
    QCOMPARE(bar->kind(), MessageBar::Kind::Error);
    QVERIFY2(bar->text().contains("learning rate"), qPrintable(bar->text()));
    QVERIFY(runs().runs().front().state == RunState::Failed);
  }

  void missingDataIsReportedAndLeavesNoRun() {
    openMoons(1);
    DataSpec data = document().data();
    data.kind = DataKind::Csv;
    data.path = "/nowhere/at/all.csv";
    document().setData(data, "data");
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    if (controller().busy()) QVERIFY(ended.wait(kRunMs));
    auto* bar = child<MessageBar>("messageBar");
    QTRY_VERIFY(bar->isVisible());
    QVERIFY2(bar->text().contains("all.csv"), qPrintable(bar->text()));
    QCOMPARE(runs().rowCount(), 0);
  }

  void closingDuringTrainingAsksAndLeavesACheckpoint() {
    openMoons(100'000);
    document().undoStack()->setClean();
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 5, kRunMs);
    answer("stopQuestion", "Keep training");
    QVERIFY(!window_->close());
    QVERIFY(controller().busy());
    answer("stopQuestion", "Stop and close");
    window_->close();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), kRunMs);
    const auto list = store_->list();
    QVERIFY(list.ok());
    QVERIFY(list->front().state == RunState::Stopped);
    QVERIFY(loadCheckpoint(weightsOf(list->front())).ok());
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::LabTest)
#include "lab_test.moc"
