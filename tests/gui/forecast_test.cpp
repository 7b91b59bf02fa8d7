// The forecast in the inspector: memory at once, time once the device has been measured.
#include <QLabel>
#include <QPushButton>

#include "core/runs/run_store.h"
#include "core/runtime/registry.h"
#include "core/twin/calibration.h"
#include "tests/gui/gui_test.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

class ForecastTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void followsEditsAndCalibration() {
    const QTemporaryDir folder;
    const auto store = RunStore::open((folder.path() + "/runs").toStdString()).value();
    MainWindow window(*store);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(window.openTemplate("Two moons"));
    auto* text = test::find<QLabel>(&window, "forecastText");
    auto* button = test::find<QPushButton>(&window, "calibrateButton");
    QTRY_VERIFY2(text->text().contains("of memory; time not yet known"), qPrintable(text->text()));
    QCOMPARE(button->text(), QString("Measure this device"));

    // Begun by hand and cancelled: nothing is kept.
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE(button->text(), QString("Cancel"));
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QString("Measure this device"), 30000);
    QVERIFY(!loadCalibrations().ok());

    // Measured elsewhere (`tandem calibrate`): the next edit shows it.
    Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
    const Calibration calibration = tandem::calibrate(cpu, window.document().training().device, 0.1).value();
    QVERIFY(keepCalibration(calibration).ok());
    const LayerId dense = window.document().network().findByName("dense")->id;
    QVERIFY(window.document().setProperty(dense, "units", std::int64_t{64}).ok());
    QTRY_VERIFY2(text->text().contains("ms a step"), qPrintable(text->text()));
    QCOMPARE(button->text(), QString("Measure again"));
    const QString narrow = text->text();
    QVERIFY(window.document().setProperty(dense, "units", std::int64_t{4096}).ok());
    QTRY_VERIFY(text->text() != narrow && text->text().contains("ms a step"));

    // A network that cannot be trained has no forecast.
    QVERIFY(window.document().removeLayers({dense}).ok());
    const LayerId input = window.document().network().findByName("input")->id;
    QVERIFY(window.document().removeLayers({input}).ok());
    QTRY_VERIFY2(text->text().contains("no problems"), qPrintable(text->text()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ForecastTest)
#include "forecast_test.moc"
