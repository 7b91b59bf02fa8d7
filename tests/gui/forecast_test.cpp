// The forecast in the inspector: memory immediately, time once the device has been measured.
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSignalSpy>
#include <QTextDocument>
#include <mutex>
#include <set>

#include "core/compile/compile.h"
#include "core/runtime/registry.h"
#include "core/twin/calibration.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/forecast_model.h"
#include "ui/models/format.h"

namespace tandem::ui {

class ForecastTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void followsEditsAndCalibration() {
    QVERIFY(window_->openTemplate("Two moons"));
    auto* text = child<QLabel>("forecastText");
    auto* button = child<QPushButton>("calibrateButton");
    QTRY_VERIFY2(text->text().contains("time not measured yet"), qPrintable(text->text()));
    QCOMPARE(button->text(), QString("Measure this device"));

    // A cancelled measurement stores nothing.
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE(button->text(), QString("Cancel"));
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QString("Measure this device"), 30000);
    QVERIFY(!loadCalibrations().ok());

    // After a measurement by `tandem calibrate`, the next edit shows the time.
    Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
    const Calibration calibration = tandem::calibrate(cpu, document().training().device, 0.1).value();
    QVERIFY(saveCalibration(calibration).ok());
    const LayerId dense = document().network().findByName("dense")->id;
    QVERIFY(document().setProperty(dense, "units", std::int64_t{64}).ok());
    QTRY_VERIFY2(text->text().contains("ms per step"), qPrintable(text->text()));
    QCOMPARE(button->text(), QString("Measure again"));
    const QString narrow = text->text();
    QVERIFY(document().setProperty(dense, "units", std::int64_t{4096}).ok());
    QTRY_VERIFY(text->text() != narrow && text->text().contains("ms per step"));

    // After a run, its measured time appears next to its forecast.
    QVERIFY(document().setProperty(dense, "units", std::int64_t{64}).ok());
    TrainingConfig training = document().training();
    training.epochs = 2;
    document().setTraining(training, "epochs");
    QTRY_COMPARE(text->text(), narrow);
    auto* actual = child<QLabel>("forecastActual");
    QVERIFY(!actual->isVisible());
    trainToEnd();
    QTRY_VERIFY(actual->isVisible());
    const double took = controller().series()->typicalStepSeconds();
    QVERIFY(took > 0);
    const QRegularExpression forecast("<br>([^<]*) ms per step");
    const QString expected = QString("%1 ms per step (forecast %2)")
                                 .arg(1e3 * took, 0, 'g', 3)
                                 .arg(forecast.match(narrow).captured(1));
    QVERIFY2(actual->text().contains(expected), qPrintable(actual->text() + " lacks " + expected));
    const auto memory = static_cast<double>(controller().series()->memory().total());
    QVERIFY2(actual->text().contains(bytesText(memory)), qPrintable(actual->text()));
    QVERIFY(document().setProperty(dense, "units", std::int64_t{32}).ok());
    QVERIFY(!actual->isVisible());

    // A network that cannot be trained has no forecast.
    QVERIFY(document().removeLayers({dense}).ok());
    const LayerId input = document().network().findByName("input")->id;
    QVERIFY(document().removeLayers({input}).ok());
    QTRY_VERIFY2(text->text().contains("no problems"), qPrintable(text->text()));
  }

  // Querying a GPU for kernels creates a context, which occupies GPU memory while the lab is open.
  void queriesOnlyTheChosenDevices() {
    QVERIFY(window_->openTemplate("Two moons"));
    std::mutex mutex;
    std::set<std::string> asked;
    ForecastModel model(document());
    model.setLookup([&](std::string_view id) -> Result<Backend*> {
      const std::lock_guard lock(mutex);
      asked.emplace(id);
      return DeviceRegistry::instance().backendFor("cpu");
    });
    const auto askedAfter = [&](const std::string& device) {
      TrainingConfig training = document().training();
      training.device.device = device;
      QSignalSpy changed(&model, &ForecastModel::changed);
      {
        const std::lock_guard lock(mutex);
        asked.clear();
      }
      document().setTraining(training, "device");
      if (changed.isEmpty()) changed.wait(kRunMs);
      const std::lock_guard lock(mutex);
      return asked;
    };
    QTRY_VERIFY(!model.forecasts().empty());
    QCOMPARE(askedAfter("cuda:1"), (std::set<std::string>{"cpu", "cuda:1"}));
    QCOMPARE(model.forecasts().size(), std::size_t{2});
    QVERIFY(model.forecasts().front().plan);
    QCOMPARE(askedAfter("cpu"), std::set<std::string>{"cpu"});
    QCOMPARE(model.forecasts().size(), std::size_t{1});
  }

  void theInspectorShowsTheKernelsOfALayer() {
    QVERIFY(window_->openTemplate("Two moons"));
    const auto select = [this](const char* layer) {
      document().select({document().network().findByName(layer)->id});
    };
    select("dense_2");
    auto* text = child<QLabel>("kernelText");
    const auto plain = [&] {
      QTextDocument page;
      page.setHtml(text->text());
      return page.toPlainText();
    };
    QTRY_VERIFY2(plain().contains("Training on CPU"), qPrintable(plain()));
    QVERIFY2(plain().contains("Evaluation on CPU"), qPrintable(plain()));
    QVERIFY2(QRegularExpression("matmul: .+, fp32").match(plain()).hasMatch(), qPrintable(plain()));
    QVERIFY(text->textInteractionFlags() & Qt::TextSelectableByMouse);
    const auto plan = compile(document().network(), document().training(), *document().dataInfo(),
                              *DeviceRegistry::instance().backendFor("cpu").value());
    std::string usual;
    for (const KernelUse& use : kernelsOf((*plan)->evaluate, Precision::Fp32))
      if (use.layer == "dense_2" && use.op == "matmul") usual = use.choice.kernel;
    QVERIFY2(plain().contains("matmul: " + toQString(usual)), qPrintable(plain()));
    child<QScrollArea>("layerScroll")->ensureWidgetVisible(text);
    for (const auto& [mode, tone] :
         {std::pair(ThemeMode::Light, "light"), std::pair(ThemeMode::Dark, "dark")}) {
      Theme::instance().setMode(mode);
      QTest::qWait(100);
      test::screenshot(window_.get(), QString("kernels_%1").arg(tone));
    }
    Theme::instance().setMode(ThemeMode::System);
    // Without that kernel, and in another precision, the rejection and its reason are shown.
    TrainingConfig training = document().training();
    training.device.avoid = {usual};
    training.device.precision = Precision::Bf16;
    document().setTraining(training, "device");
    QTRY_VERIFY2(plain().contains("bf16"), qPrintable(plain()));
    QVERIFY2(plain().contains("rejected " + toQString(usual)), qPrintable(plain()));
    select("input");
    QTRY_VERIFY2(plain().contains("No separate kernel"), qPrintable(plain()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ForecastTest)
#include "forecast_test.moc"
