// The lab in a real window: journey 1 (template, Train, curves, test accuracy), the controls of a run,
// the record of runs, files, messages, plots, themes.
#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/io/keras/keras.h"
#include "core/train/checkpoint.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/runs/weights_export.h"
#include "ui/theme/theme.h"
#include "ui/train/curve_plot.h"
#include "ui/train/device_picker.h"
#include "ui/train/live_plots.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::chooseFile, test::clickButton, test::whenDialog;

class LabTest : public LabFixture {
  Q_OBJECT

 private:
  void openMoons(int epochs) { openTemplate("Two moons", epochs); }

 private Q_SLOTS:
  // Journey 1: choose a template, press Train, see curves, read the accuracy on the test part.
  void firstMinute() {
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("welcomePage"));
    QVERIFY(!child<QAction>("actionTrain")->isEnabled());
    auto* card = child<QAbstractButton>("template:Two moons");
    QTest::mouseClick(card, Qt::LeftButton);
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("workView"));
    QCOMPARE(document().network().layers().size(), std::size_t{4});

    auto* loss = child<CurvePlot>("lossPlot");
    QVERIFY(!loss->isVisible());  // the empty state says what to do
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
    // Learned: the mean of the last epoch lies far under the first step.
    const MetricSeries* losses = controller().series()->metric("loss");
    QVERIFY(losses->train.back().y < 0.5 * static_cast<double>(losses->raw.mean(0)));

    QVERIFY(child<MessageBar>("messageBar")->isVisible());
    QVERIFY(child<MessageBar>("messageBar")->text().contains("accuracy"));
    QCOMPARE(runs().rowCount(), 1);
    QCOMPARE(runs().runs().front().state, std::string("finished"));
    QCOMPARE(runs().runs().front().steps, result.steps);
    QVERIFY(child<QAction>("actionExport")->isEnabled());
    QVERIFY(!document().isDirty());  // training is no edit
  }

  void pauseStepStopResume() {
    openMoons(100'000);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 0, kRunMs);
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    QTest::qWait(100);  // what is under way arrives
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

    // And on again from its checkpoint, as a run of its own.
    QCOMPARE(runs().runs().front().state, std::string("stopped"));
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

  void oneStepFromTheStart() {
    openMoons(2);
    trigger("actionStep");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused() && controller().status().step == 1, kRunMs);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
  }

  void exportWritesWhatTheRunLearned() {
    openMoons(1);
    trainToEnd();
    const QString file = folder_->filePath("moons.h5");
    chooseFile(file);
    trigger("actionExport");
    QTRY_VERIFY_WITH_TIMEOUT(
        child<MessageBar>("messageBar")->text().contains("moons.h5") && QFile::exists(file), kRunMs);
    QTRY_COMPARE(child<MessageBar>("messageBar")->kind(), MessageBar::Kind::Success);
    // The form is tested against Keras itself (tests/keras); here: the run's own weights are in it.
    const auto checkpoint = loadCheckpoint(controller().lastResult()->weights);
    QVERIFY(checkpoint.ok());
    const auto read = importKeras(file.toStdString());
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().text().c_str());
    QCOMPARE(read->network.layers().size(), document().network().layers().size());
    QVERIFY(!checkpoint->parameters.empty());
    QCOMPARE(read->weights.size(), checkpoint->parameters.size());
    for (const NamedArray& array : checkpoint->parameters) {
      const auto found = std::find_if(read->weights.begin(), read->weights.end(),
                                      [&](const auto& weight) { return weight.name == array.name; });
      QVERIFY2(found != read->weights.end(), array.name.c_str());
      QVERIFY(found->shape == array.shape);
      QVERIFY2(found->values == array.values, array.name.c_str());
    }
    // A folder that is not there: an error in the window, and no file.
    const Status refused = exportCheckpointToKeras(controller().lastResult()->weights,
                                                   (folder_->path() + "/missing/x.h5").toStdString());
    QVERIFY(!refused.ok());
  }

  void ticksLayRunsOverOneAnother() {
    QAbstractItemModelTester tester(&runs(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    openMoons(1);
    trainToEnd();
    trainToEnd();
    QCOMPARE(runs().rowCount(), 2);
    QVERIFY(runs().runs()[0].id > runs().runs()[1].id);  // newest first
    auto* loss = child<CurvePlot>("lossPlot");
    const QModelIndex older = runs().index(1, RunsModel::Name);
    QVERIFY(runs().setData(older, Qt::Checked, Qt::CheckStateRole));
    QTRY_COMPARE_WITH_TIMEOUT(loss->curves().size(), std::size_t{2}, kRunMs);  // read off the window's thread
    QVERIFY(loss->curves()[0].color != loss->curves()[1].color);
    // The same seed and settings: the curve from the record is the live one, point by point.
    const CurveStore& live = *loss->curves()[0].raw;
    const CurveStore& recorded = *loss->curves()[1].raw;
    QCOMPARE(recorded.size(), live.size());
    for (std::size_t i = 0; i < live.size(); ++i) QCOMPARE(recorded.mean(i), live.mean(i));
    QVERIFY(runs().setData(older, Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(loss->curves().size(), std::size_t{3});  // one run: train, its epoch means, validation

    QVERIFY(runs().setData(older, "baseline", Qt::EditRole));
    QCOMPARE(store_->info(runs().runs()[1].id)->name, std::string("baseline"));
    QVERIFY(!runs().setData(older, "  ", Qt::EditRole));

    clickRun(1);
    trigger("runDelete");
    QCOMPARE(runs().rowCount(), 1);
    QCOMPARE(store_->trash()->size(), std::size_t{1});
  }

  void runsAreSortedByWhatTheyAre() {
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
    QCOMPARE(epochs(0), QString("10"));  // a number, not a word
    // The buttons act on the row that is seen.
    clickRun(0);
    document().undoStack()->setClean();
    trigger("runOpen");
    QCOMPARE(document().training().epochs, 10);
  }

  // The rate of a run that is going on can be changed; its record tells when, step by step.
  void learningRateChangesWhileARunGoes() {
    window_->showNormal();  // the screen of the offscreen platform is small: the tool bar would fold
    window_->resize(1280, 800);
    openMoons(100'000);
    const double before = document().training().optimizer.learningRate;
    auto* box = child<QDoubleSpinBox>("runLearningRate");
    QVERIFY(!box->isVisible());
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 5, kRunMs);
    QTRY_VERIFY(box->isVisible());  // the tool bar makes room in its own time
    QCOMPARE(box->value(), before);
    QVERIFY(!child<QWidget>("training_learning_rate")->isEnabled());
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, "0.0125");
    QCOMPARE(controller().learningRate(), before);  // not while it is being typed
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(controller().learningRate(), 0.0125);
    const auto last = [&] {
      const CurveStore& rates = controller().series()->learningRate();
      return rates.mean(rates.size() - 1);
    };
    QTRY_COMPARE_WITH_TIMEOUT(last(), 0.0125F, kRunMs);
    QCOMPARE(document().training().optimizer.learningRate, before);  // a run's own, no edit
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
    // A run that goes on from here goes on with it.
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

  void unsavedChangesAreAskedFor() {
    openMoons(3);
    QVERIFY(document().isDirty());
    whenDialog("unsavedQuestion", [](QDialog* dialog) { clickButton(dialog, "Cancel"); });
    trigger("actionNew");
    QCOMPARE(document().network().layers().size(), std::size_t{4});
    QVERIFY(document().isDirty());

    whenDialog("unsavedQuestion", [](QDialog* dialog) { clickButton(dialog, "Cancel"); });
    QVERIFY(!window_->close());
    QVERIFY(window_->isVisible());

    const QString file = folder_->filePath("mine.tandem");
    whenDialog("unsavedQuestion", [&](QDialog* dialog) {
      chooseFile(file);
      clickButton(dialog, "Save");
    });
    trigger("actionNew");
    QVERIFY(QFile::exists(file));
    QCOMPARE(document().network().layers().size(), std::size_t{0});
    QVERIFY(!document().isDirty());

    QVERIFY(window_->openFile(file));
    QCOMPARE(document().training().epochs, 3);
    QCOMPARE(QSettings().value("files/recent").toStringList().value(0), file);
    document().setName("changed");
    whenDialog("unsavedQuestion", [](QDialog* dialog) { clickButton(dialog, "Discard"); });
    trigger("actionNew");
    QCOMPARE(document().network().layers().size(), std::size_t{0});
  }

  void impossibleSettingsAreToldInTheWindow() {
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

  void brokenLossEndsTheRunWithAMessage() {
    openMoons(5);
    TrainingConfig training = document().training();
    training.optimizer.kind = OptimizerKind::Sgd;
    training.optimizer.learningRate = 1000;
    training.optimizer.weightDecay = 1;  // the weights grow a thousandfold a step
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
    QCOMPARE(runs().runs().front().state, std::string("failed"));
  }

  void missingDataIsToldAndLeavesNoRun() {
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
    whenDialog("stopQuestion", [](QDialog* dialog) { clickButton(dialog, "Keep training"); });
    QVERIFY(!window_->close());
    QVERIFY(controller().busy());
    whenDialog("stopQuestion", [](QDialog* dialog) { clickButton(dialog, "Stop and close"); });
    window_->close();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), kRunMs);
    const auto list = store_->list();
    QVERIFY(list.ok());
    QCOMPARE(list->front().state, std::string("stopped"));
    QVERIFY(loadCheckpoint(weightsOf(list->front())).ok());
  }

  void plotsZoomPanFitAndHide() {
    openMoons(2);
    trainToEnd();
    auto* loss = child<CurvePlot>("lossPlot");
    const auto last = static_cast<double>(controller().lastResult()->steps);
    QTRY_COMPARE(loss->xAxis->range().upper, last);  // the last drawing
    const QCPRange whole = loss->xAxis->range();
    QVERIFY(loss->following());
    const QPoint middle = loss->axisRect()->rect().center();
    QWheelEvent wheel(middle, loss->mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(loss, &wheel);
    QVERIFY(!loss->following());
    QVERIFY(loss->xAxis->range().size() < whole.size());
    QTest::mouseDClick(loss, Qt::LeftButton, {}, middle);
    QVERIFY(loss->following());
    QCOMPARE(loss->xAxis->range().size(), whole.size());

    QTest::mouseMove(loss, middle);
    QTRY_VERIFY(loss->readOut().contains("step"));
    QVERIFY(loss->readOut().contains("validation"));

    loss->setCurveVisible("validation", false);
    bool hidden = false;
    for (int i = 0; i < loss->graphCount(); ++i) {
      if (loss->graph(i)->name() == "validation") hidden = !loss->graph(i)->visible();
    }
    QVERIFY(hidden);
    QTest::mouseClick(child<QAbstractButton>("logAxis"), Qt::LeftButton, {}, QPoint(8, 8));
    QCOMPARE(loss->yAxis->scaleType(), QCPAxis::stLogarithmic);
    QVERIFY(loss->yAxis->range().lower > 0);
    child<QSlider>("smoothing")->setValue(0);
    QVERIFY(loss->curves().front().smooth == nullptr);
    child<QSlider>("smoothing")->setValue(60);
    QVERIFY(loss->curves().front().smooth != nullptr);
    QCOMPARE(loss->curves().front().smooth->size(), loss->curves().front().raw->size());
  }

  void drawingStepsBackWhenTrainingUsesAllCores() {
    auto* plots = child<LivePlots>("livePlots");
    openMoons(3);
    plots->setCpuSaturated(true);
    trainToEnd();
    const int saturated = plots->interval();
    QVERIFY(saturated >= 33);
    QVERIFY(plots->drawings() > 0);
  }

  void hiddenPlotsAreNotDrawn() {
    openMoons(3);
    child<QDockWidget>("plotsDock")->hide();
    auto* plots = child<LivePlots>("livePlots");
    const std::int64_t before = plots->drawings();
    trainToEnd();
    QCOMPARE(plots->drawings(), before);
    child<QDockWidget>("plotsDock")->show();
    auto* loss = child<CurvePlot>("lossPlot");
    QTRY_VERIFY(loss->graphCount() > 0 && loss->graph(0)->dataCount() > 10);  // it catches up
  }

  void devicesThatCannotBeUsedSayWhy() {
    openMoons(1);
    DeviceInfo cpu;
    cpu.id = "cpu";
    cpu.name = "A processor";
    cpu.threads = 8;
    cpu.precisions = {{Precision::Fp32, {}}, {Precision::Bf16, "emulated: rounded to bf16"}};
    DeviceInfo gpu;
    gpu.id = "cuda:0";
    gpu.name = "A GPU";
    gpu.usable = false;
    gpu.reason = "The driver is too old";
    auto* picker = child<DevicePicker>("devicePicker");
    picker->setDevices({cpu, gpu});
    auto* box = child<QComboBox>("deviceBox");
    QCOMPARE(box->count(), 2);
    QVERIFY(!(box->model()->flags(box->model()->index(1, 0)) & Qt::ItemIsEnabled));
    QVERIFY(box->itemData(1, Qt::ToolTipRole).toString().contains("driver is too old"));
    auto* threads = child<QSpinBox>("threadsSpin");
    QCOMPARE(threads->maximum(), 8);
    QCOMPARE(threads->value(), 8);
    threads->setValue(3);
    QCOMPARE(document().training().device.threads, 3);
    document().undoStack()->undo();
    QCOMPARE(threads->value(), 8);
    auto* precision = child<QComboBox>("precisionBox");
    QCOMPARE(precision->count(), 2);
    QCOMPARE(precision->itemText(1), QString("bf16 (emulated)"));
    precision->setCurrentIndex(1);
    Q_EMIT precision->activated(1);
    QCOMPARE(document().training().device.precision, Precision::Bf16);
    QVERIFY(precision->toolTip().contains("rounded to bf16"));
    document().undoStack()->undo();
    QCOMPARE(precision->currentIndex(), 0);
  }

  void themesSwitchAndAreRemembered() {
    Theme& theme = Theme::instance();
    trigger("actionTheme2");
    QVERIFY(theme.dark());
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 80);
    const QWidget* names = child<QAbstractItemView>("paletteList")->viewport();
    QVERIFY(names->palette().color(names->backgroundRole()).lightness() < 80);  // it has a style sheet
    trigger("actionTheme1");
    QVERIFY(!theme.dark());
    QCOMPARE(QSettings().value("window/theme").toString(), QString("light"));
    // WCAG AA: 4.5 to 1 for words on what they stand on.
    const auto luminance = [](const QColor& c) {
      const auto channel = [](double v) {
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
      };
      return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) + 0.0722 * channel(c.blueF());
    };
    const auto contrast = [&](const QColor& a, const QColor& b) {
      const double x = luminance(a), y = luminance(b);
      return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
    };
    for (const char* mode : {"actionTheme1", "actionTheme2"}) {
      trigger(mode);
      const ThemeColors& c = theme.colors();
      for (const QColor& back : {c.window, c.surface, c.raised}) {
        for (const QColor& front : {c.text, c.mutedText, c.success, c.warning, c.error}) {
          QVERIFY2(contrast(front, back) >= 4.5, qPrintable(front.name() + " on " + back.name()));
        }
      }
      for (const QColor& back : {c.infoBack, c.successBack, c.warningBack, c.errorBack}) {
        QVERIFY2(contrast(c.text, back) >= 4.5, qPrintable(back.name()));
      }
      QVERIFY(contrast(c.onAccent, c.accent) >= 4.5);
      for (int i = 0; i < Theme::curveCount(); ++i) {
        QVERIFY2(contrast(theme.curve(i), c.surface) >= 3, qPrintable(theme.curve(i).name()));
      }
      for (const char* category :
           {"Input", "Core", "Convolution", "Pooling", "Normalization", "Activation"}) {
        QVERIFY2(contrast(theme.category(category), c.surface) >= 3, category);
      }
    }
    trigger("actionTheme0");
  }

  void layoutIsRemembered() {
    openMoons(1);
    child<QDockWidget>("paletteDock")->hide();
    document().undoStack()->setClean();
    QVERIFY(window_->close());
    window_ = std::make_unique<MainWindow>(*store_);
    window_->show();
    QVERIFY(window_->openTemplate("Two moons"));
    QVERIFY(!child<QDockWidget>("paletteDock")->isVisible());
    trigger("actionResetLayout");
    QVERIFY(child<QDockWidget>("paletteDock")->isVisible());
  }

  void everyControlHasANameAndIsReachable() {
    openMoons(1);
    for (auto* widget : window_->findChildren<QWidget*>()) {
      const bool control = qobject_cast<QAbstractButton*>(widget) ||
                           qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QComboBox*>(widget) ||
                           qobject_cast<QSlider*>(widget) || qobject_cast<QLineEdit*>(widget);
      if (!control || !widget->isVisible()) continue;
      // Parts that Qt makes itself: of tool bars, docks, headers, spin and combo boxes.
      const QWidget* parent = widget->parentWidget();
      const bool own = !parent->inherits("QToolBar") && !parent->inherits("QDockWidget") &&
                       !parent->inherits("QTabBar") && !parent->inherits("QAbstractSpinBox") &&
                       !parent->inherits("QComboBox") && !parent->inherits("QTableView") &&
                       !parent->inherits("QLineEdit") && !parent->inherits("QMenuBar");
      if (own) QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::LabTest)
#include "lab_test.moc"
