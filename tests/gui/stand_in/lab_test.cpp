// The lab with a GPU: choosing it, watching a run on it, and losing it. The GPU is the stand-in with the real
// backend; after some thousands of kernels, one kernel fails.
#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTabWidget>

#include "core/runs/run_store.h"
#include "tests/gui/lab_fixture.h"
#include "ui/train/curve_plot.h"
#include "ui/train/device_plots.h"
#include "ui/train/memory_plot.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

constexpr const char* kGpu = "cuda:0";
// A step of Two moons launches about 13 kernels, so a run of kWatchedEpochs, of 45 steps each, ends before.
constexpr const char* kFailure = "run:9000:700";  // an illegal address
constexpr int kWatchedEpochs = 6;

class StandInLabTest : public LabFixture {
  Q_OBJECT

 public:
  StandInLabTest() { qputenv("TANDEM_STAND_IN_FAIL", kFailure); }  // before the backend is loaded

 private Q_SLOTS:
  void theGpuIsChosenWithItsPrecisionsAndKernels() {
    chooseGpu(1);
    auto* box = child<QComboBox>("deviceBox");
    QVERIFY2(box->currentText().startsWith("cuda:0 · Stand-in GPU") && box->currentText().contains("free"),
             qPrintable(box->currentText()));
    // A long name leaves space for the rest of the tool bar in a window 1280 pixels wide.
    QVERIFY(child<QWidget>("devicePicker")->sizeHint().width() < 420);
    auto* precision = child<QComboBox>("precisionBox");
    QCOMPARE(labels(precision), QStringList({"fp32", "tf32", "bf16", "fp16"}));
    document().select({document().network().findByName("dense_2")->id});
    auto* kernels = child<QLabel>("kernelText");
    QTRY_VERIFY2(kernels->text().contains("matmul: <b>cublaslt</b>, fp32"), qPrintable(kernels->text()));
    precision->setFocus();
    QTest::keyClick(precision, Qt::Key_End);
    QCOMPARE(document().training().device.precision, Precision::Fp16);
    QTRY_VERIFY2(kernels->text().contains("matmul: <b>cublaslt</b>, fp16"), qPrintable(kernels->text()));
  }

  void aRunOnTheGpuIsWatched() {
    chooseGpu(kWatchedEpochs);
    auto* memory = child<MemoryPlot>("memoryPlot");
    auto* tabs = child<QTabWidget>("plotTabs");
    QTRY_VERIFY(child<QLabel>("forecastText")->text().contains("of memory"));
    trainToEnd();
    QCOMPARE(store_->info(controller().runId())->device, std::string(kGpu));
    const auto series = controller().series();
    const MemoryUse use = series->memory();
    for (const std::size_t bytes :
         {use.weights, use.gradients, use.optimizer, use.activations, use.workspace, use.inputs, use.context})
      QVERIFY(bytes > 0);
    tabs->setCurrentWidget(memory);
    QTRY_COMPARE(memory->yAxis->label(), QString("memory (kB)"));
    tabs->setCurrentWidget(child<DevicePlots>("devicePlots"));
    for (const char* plot : {"utilizationPlot", "temperaturePlot", "clockPlot", "deviceMemoryPlot"})
      QTRY_VERIFY2(child<CurvePlot>(plot)->isVisible(), plot);
    QCOMPARE(series->celsius().range(0, 1e9, false).high, 41.0F);
    QVERIFY(child<CurvePlot>("temperaturePlot")->yAxis->range().size() >= 10);
    QVERIFY(child<DevicePlots>("devicePlots")->note().contains("this GPU does not report it"));
    // Memory used by the driver is listed separately from the forecast.
    auto* actual = child<QLabel>("forecastActual");
    QTRY_VERIFY(actual->isVisible());
    QVERIFY2(actual->text().contains("used by the driver"), qPrintable(actual->text()));
    QTest::qWait(100);
    test::screenshot(window_.get(), "gpu_run");
  }

  void aRunOfALostGpuContinuesOnTheCpu() {
    chooseGpu(400);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Failed);
    QVERIFY(child<MessageBar>("messageBar")->text().contains("illegal memory access"));
    auto* forecast = child<QLabel>("forecastText");
    test::screenshot(window_.get(), "gpu_lost");

    QCOMPARE(child<QAbstractButton>("messageOther")->text(), QString("Restart and resume"));

    // Continues on the CPU, which takes a fraction of a second.
    const std::int64_t before = controller().lastResult()->steps;
    auto* action = child<QAbstractButton>("messageAction");
    QCOMPARE(action->text(), QString("Continue on the CPU"));
    QTest::mouseClick(action, Qt::LeftButton);
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
    QVERIFY(controller().lastResult()->steps > before);
    QCOMPARE(store_->info(controller().runId())->device.substr(0, 3), std::string("cpu"));
    QVERIFY(!child<QLabel>("forecastActual")->isVisible());  // the forecast was for the GPU

    // CUDA cannot use the GPU again in this process, which the lab says without trying.
    QTRY_VERIFY2(forecast->text().contains("cannot use it again in this process"),
                 qPrintable(forecast->text()));
    QSignalSpy failed(&controller(), &TrainController::failed);
    trigger("actionTrain");
    QVERIFY(!failed.isEmpty() || failed.wait(kRunMs));
    QVERIFY2(child<MessageBar>("messageBar")->text().contains("cannot use it again in this process"),
             qPrintable(child<MessageBar>("messageBar")->text()));
    QCOMPARE(child<QAbstractButton>("messageAction")->text(), QString("Train on the CPU"));
    QCOMPARE(child<QAbstractButton>("messageOther")->text(), QString("Restart Tandem"));
  }

 private:
  void chooseGpu(int epochs) {
    openMoons(epochs);
    auto* box = child<QComboBox>("deviceBox");
    QVERIFY(box->findData(kGpu) > 0);
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Down);
    QCOMPARE(document().training().device.device, std::string(kGpu));
  }
  // The texts of the enabled items.
  static QStringList labels(QComboBox* box) {
    QStringList list;
    for (int row = 0; row < box->count(); ++row)
      if (box->model()->flags(box->model()->index(row, 0)) & Qt::ItemIsEnabled) list += box->itemText(row);
    return list;
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::StandInLabTest)
#include "lab_test.moc"
