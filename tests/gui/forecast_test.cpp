// The forecast in the inspector: memory at once, time once the device has been measured.
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>

#include "core/runtime/registry.h"
#include "core/twin/calibration.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/format.h"

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

    // After a run: what it took, beside what was foreseen for it.
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
    const QRegularExpression foreseen("<br>([^<]*) ms a step");
    const QString expected = QString("%1 ms a step (forecast %2)")
                                 .arg(1e3 * took, 0, 'g', 3)
                                 .arg(foreseen.match(narrow).captured(1));
    QVERIFY2(actual->text().contains(expected), qPrintable(actual->text() + " lacks " + expected));
    const auto held = static_cast<double>(controller().series()->memory().total());
    QVERIFY2(actual->text().contains(bytesText(held)), qPrintable(actual->text()));
    QVERIFY(document().setProperty(dense, "units", std::int64_t{32}).ok());
    QVERIFY(!actual->isVisible());

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
