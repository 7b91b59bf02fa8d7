// The forecast in the inspector: memory at once, time once the device has been measured.
#include <QLabel>
#include <QPushButton>

#include "core/runtime/registry.h"
#include "core/twin/calibration.h"
#include "tests/gui/lab_fixture.h"

namespace tandem::ui {

class ForecastTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void followsEditsAndCalibration() {
    QVERIFY(window_->openTemplate("Two moons"));
    auto* text = child<QLabel>("forecastText");
    auto* button = child<QPushButton>("calibrateButton");
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
    const Calibration calibration = tandem::calibrate(cpu, document().training().device, 0.1).value();
    QVERIFY(keepCalibration(calibration).ok());
    const LayerId dense = document().network().findByName("dense")->id;
    QVERIFY(document().setProperty(dense, "units", std::int64_t{64}).ok());
    QTRY_VERIFY2(text->text().contains("ms a step"), qPrintable(text->text()));
    QCOMPARE(button->text(), QString("Measure again"));
    const QString narrow = text->text();
    QVERIFY(document().setProperty(dense, "units", std::int64_t{4096}).ok());
    QTRY_VERIFY(text->text() != narrow && text->text().contains("ms a step"));

    // A network that cannot be trained has no forecast.
    QVERIFY(document().removeLayers({dense}).ok());
    const LayerId input = document().network().findByName("input")->id;
    QVERIFY(document().removeLayers({input}).ok());
    QTRY_VERIFY2(text->text().contains("no problems"), qPrintable(text->text()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ForecastTest)
#include "forecast_test.moc"
