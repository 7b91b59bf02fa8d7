// The device in a real window: choosing it, the page of device plots, and the Devices dialog.
#include <QComboBox>
#include <QLabel>
#include <QTabWidget>
#include <QTextBrowser>
#include <algorithm>

#include "core/runtime/precisions.h"
#include "core/runtime/registry.h"
#include "tests/gui/lab_fixture.h"
#include "ui/train/curve_plot.h"
#include "ui/train/device_picker.h"
#include "ui/train/device_plots.h"
#include "ui/train/live_plots.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find, test::whenDialog;

class DeviceTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void theDevicePageShowsReadingsAndNamesMissingOnes() {
    const auto series = std::make_shared<RunSeries>();
    series->id = 77;
    series->name = "Read";
    series->start({{"loss", 0}}, {});
    series->setSensorGaps({{"power", "the system shows no energy counters"}});
    LivePlots plots;
    plots.resize(1280, 300);
    plots.setLive(series);
    auto* tabs = find<QTabWidget>(&plots, "plotTabs");
    auto* page = find<DevicePlots>(&plots, "devicePlots");
    tabs->setCurrentWidget(page);
    plots.show();
    QTRY_VERIFY(page->note().contains("first reading"));
    ReadingRecord reading;
    reading.device.utilization = 0.25;
    reading.device.memoryBytes = 3'000'000;
    reading.device.clockHz = 1.98e9;
    for (int i = 0; i < 30; ++i) {
      reading.wallSeconds = 0.1 * i;
      series->appendReading(reading);
    }
    plots.liveChanged();
    auto* utilization = find<CurvePlot>(&plots, "utilizationPlot");
    QTRY_VERIFY(utilization->isVisible());
    QCOMPARE(utilization->curves().size(), std::size_t{1});
    QCOMPARE(utilization->curves().front().raw->mean(29), 25.0F);
    QVERIFY(find<CurvePlot>(&plots, "deviceMemoryPlot")->isVisible());
    auto* clock = find<CurvePlot>(&plots, "clockPlot");
    QVERIFY(clock->isVisible());
    QCOMPARE(clock->curves().front().raw->mean(29), 1980.0F);
    QVERIFY(!find<CurvePlot>(&plots, "powerPlot")->isVisible());
    QVERIFY(!find<CurvePlot>(&plots, "temperaturePlot")->isVisible());
    QVERIFY(page->note().contains("No power readings: the system shows no energy counters."));
    QVERIFY(page->note().contains("No readings of temperature were recorded."));
    // A GPU starts to report its power: the plot and the energy appear.
    reading.device.watts = 300;
    reading.wallSeconds = 3;
    reading.joules = 900;
    series->appendReading(reading);
    plots.liveChanged();
    auto* power = find<CurvePlot>(&plots, "powerPlot");
    QTRY_VERIFY(power->isVisible());
    QVERIFY(page->note().startsWith("Energy of the run: 900"));
    QVERIFY(!page->note().contains("No power readings"));
    // All readings of a GPU fit into the width that the plots have in a window of 1280 x 800 pixels.
    reading.device.celsius = 61;
    for (int i = 0; i < 30; ++i) {
      reading.wallSeconds += 0.1;
      reading.device.clockHz = 1.98e9 - 4e7 * (i % 3);
      series->appendReading(reading);
    }
    plots.liveChanged();
    plots.resize(712, 280);
    QTRY_VERIFY(find<CurvePlot>(&plots, "temperaturePlot")->isVisible());
    QTRY_VERIFY2(!page->note().contains("reading"), qPrintable(page->note()));
    for (const char* each :
         {"utilizationPlot", "powerPlot", "temperaturePlot", "clockPlot", "deviceMemoryPlot"})
      QTRY_VERIFY2(find<CurvePlot>(&plots, each)->axisRect()->width() > 60, each);
    QTest::qWait(100);
    QCOMPARE(plots.width(), 712);
    test::screenshot(&plots, "device_plots");
    // While another page is shown, this one does not draw.
    tabs->setCurrentIndex(0);
    reading.wallSeconds += 1;
    series->appendReading(reading);
    QCOMPARE(power->refresh(), 0.0);
  }

  void aRunOfThisMachineHasReadings() {
    openMoons(30);
    auto* page = child<DevicePlots>("devicePlots");
    trainToEnd();
    const auto series = controller().series();
    QVERIFY(series->hasReadings());
    QVERIFY(!series->utilization().empty());
    QVERIFY(series->utilization().firstX() >= 0);
    child<QTabWidget>("plotTabs")->setCurrentWidget(page);
    QTRY_VERIFY(child<CurvePlot>("utilizationPlot")->isVisible());
    // The sentence appears exactly if there are no power readings.
    QCOMPARE(page->note().contains("No power readings"), series->watts().empty());
    for (const auto& [mode, tone] :
         {std::pair(ThemeMode::Light, "light"), std::pair(ThemeMode::Dark, "dark")}) {
      Theme::instance().setMode(mode);
      QTest::qWait(100);
      test::screenshot(window_.get(), QString("device_%1").arg(tone));
    }
    Theme::instance().setMode(ThemeMode::System);
  }

  void theDevicesDialogListsAvailableAndMissingBackends() {
    openMoons(1);
    QString text, now;
    whenDialog("devicesDialog", [&](QDialog* dialog) {
      text = find<QTextBrowser>(dialog, "devicesText")->toPlainText();
      now = find<QLabel>(dialog, "devicesNow")->text();
      test::screenshot(dialog, "devices");
      dialog->reject();
    });
    trigger("actionDevices");
    QVERIFY2(text.contains("Backend cpu: ready"), qPrintable(text));
    QVERIFY(text.contains("oneDNN"));
    QVERIFY(now.startsWith("cpu now: "));
    QVERIFY(now.contains("Memory in use"));
    const bool gpu = std::ranges::any_of(DeviceRegistry::instance().slots(), [](const BackendSlot& slot) {
      return slot.backend != nullptr && slot.backend->name() == "cuda";
    });
    QCOMPARE(text.contains("built without its GPU backend"), !gpu);
  }

  void thePageOnSettingUpAGpuListsItsStepsInOrder() {
    openMoons(1);
    QString text;
    whenDialog("gpuSetupDialog", [&](QDialog* dialog) {
      text = find<QTextBrowser>(dialog, "gpuSetupDialogText")->toPlainText();
      test::screenshot(dialog, "gpu_setup");
      dialog->reject();
    });
    trigger("actionGpuSetup");
    qsizetype last = -1;
    for (const char* step :
         {"1. NVIDIA GPU", "2. Driver", "3. GPU backend of Tandem", "4. cuBLASLt", "5. cuDNN", "6. Trial"}) {
      const qsizetype at = text.indexOf(step);
      QVERIFY2(at > last, qPrintable(QString(step) + " in " + text));
      last = at;
    }
  }

  void openingTheDeviceListRefreshesIt() {
    openMoons(1);
    DeviceInfo gpu;
    gpu.id = "cuda:0";
    gpu.name = "A GPU";
    gpu.totalBytes = 80'000'000'000;
    gpu.freeBytes = 70'000'000'000;
    std::vector<DeviceInfo> now{DeviceRegistry::instance().devices().front(), gpu};
    window_->setDeviceSource([&] { return now; });
    auto* box = child<QComboBox>("deviceBox");
    QVERIFY(box->itemText(1).contains("70"));
    // Another process uses the GPU's memory, and a second GPU appears.
    now[1].freeBytes = 5'000'000'000;
    gpu.id = "cuda:1";
    now.push_back(gpu);
    box->showPopup();
    QCOMPARE(box->count(), 3);
    QVERIFY2(box->itemText(1).contains("5.0") && !box->itemText(1).contains("70"),
             qPrintable(box->itemText(1)));
    box->hidePopup();
    QVERIFY(child<QAction>("runResumeOn:cuda:1"));
    now.resize(1);
    whenDialog("devicesDialog", [](QDialog* dialog) { dialog->reject(); });
    trigger("actionDevices");
    QCOMPARE(box->count(), 1);
  }

  void unusableDevicesSayWhy() {
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
    auto* threads = child<NumberBox>("threadsSpin");
    QCOMPARE(threads->maximum(), 8.0);
    QCOMPARE(threads->value(), 8.0);
    threads->setValue(3);
    QCOMPARE(document().training().device.threads, 3);
    document().undoStack()->undo();
    QCOMPARE(threads->value(), 8.0);
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

  void precisionsThatAGpuLacksAreDisabledAndSayWhatToUse() {
    openMoons(1);
    DeviceInfo turing;
    turing.id = "cuda:0";
    turing.name = "A Turing GPU";
    turing.precisions = gpuPrecisions(75);
    child<DevicePicker>("devicePicker")->setDevices({DeviceRegistry::instance().devices().front(), turing});
    TrainingConfig training = document().training();
    training.device.device = turing.id;
    document().setTraining(training, "device");
    auto* box = child<QComboBox>("precisionBox");
    QCOMPARE(box->count(), 4);
    const auto enabled = [&](int row) {
      return bool(box->model()->flags(box->model()->index(row, 0)) & Qt::ItemIsEnabled);
    };
    const auto tip = [&](int row) { return box->itemData(row, Qt::ToolTipRole).toString(); };
    QVERIFY(enabled(0) && !enabled(1) && !enabled(2) && enabled(3));
    QVERIFY2(tip(0).startsWith("fp32: exact"), qPrintable(tip(0)));
    QCOMPARE(box->itemText(2), QString("bf16 (unsupported)"));
    QVERIFY2(tip(2).startsWith("bf16: not on this GPU, use fp16"), qPrintable(tip(2)));
    QCOMPARE(box->itemText(3), QString("fp16"));
    QVERIFY2(tip(3).contains("loss scaling"), qPrintable(tip(3)));
    QVERIFY2(box->toolTip().startsWith("fp32: exact"), qPrintable(box->toolTip()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::DeviceTest)
#include "device_test.moc"
