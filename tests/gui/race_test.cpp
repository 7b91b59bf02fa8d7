// A race over epochs, time, energy and cost on a CPU that reports its power: prices, target, and that the
// figures are those of the record.
#include <QLineEdit>
#include <QRadioButton>
#include <QTableView>

#include "core/network/project.h"
#include "core/runtime/registry.h"
#include "core/twin/crossover.h"
#include "tests/gui/twin_fixture.h"
#include "tests/unit/fake_backend.h"
#include "ui/compare/race_view.h"
#include "ui/compare/twin_dialog.h"
#include "ui/models/format.h"
#include "ui/train/curve_plot.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr double kWatts = 40;
constexpr int kEpochs = 200;  // long enough for several sensor readings

// Adds a sensor to another backend.
class MeteredBackend : public Backend {
 public:
  explicit MeteredBackend(Backend& inner) : inner_(inner) {}
  std::string_view name() const override { return inner_.name(); }
  std::vector<std::pair<std::string, std::string>> facts() override { return inner_.facts(); }
  std::string unusable() override { return {}; }
  std::vector<DeviceInfo> devices() override { return inner_.devices(); }
  Result<std::unique_ptr<Sensor>> sensor(const std::string&) override {
    DeviceReading reading;
    reading.watts = kWatts;
    return std::unique_ptr<Sensor>(std::make_unique<FakeSensor>(reading, count_));
  }
  bool prefersBytes() const override { return inner_.prefersBytes(); }
  int depth() const override { return inner_.depth(); }
  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    return inner_.choose(options, call);
  }
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    return inner_.open(std::move(plan), cancelled);
  }
  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    return inner_.runOp(options, call, kernel, inputs, outputs, repeat);
  }
  std::vector<std::string> kernels(const OpDef& op) override { return inner_.kernels(op); }

 private:
  Backend& inner_;
  std::atomic<int> count_{0};
};

}  // namespace

class RaceTest : public TwinFixture {
  Q_OBJECT

 private:
  // Two sides that train for a second or two, so that the sensor is read several times.
  void startRace(int order, int epochs = kEpochs) {
    openSpirals();
    TwinDialog* dialog = openDialog();
    chooseRace(16, epochs, order);
    test::whenDialog("pricesDialog", [](QDialog* prices) {
      setNumber(prices, "perKwh", 0.36);
      setNumber(prices, "hour:cpu", 3.6);
      test::retype(test::find<QLineEdit>(prices, "currency"), "CHF");
      test::screenshot(prices, "twin_prices");
      QTest::mouseClick(test::find<QAbstractButton>(prices, "pricesOk"), Qt::LeftButton);
    });
    click("racePrices");
    test::screenshot(dialog, "twin_dialog_prices");
    click("twinStart");
  }
  static void setNumber(QWidget* root, const QString& name, double value) {
    auto* box = test::find<NumberBox>(root, name);
    test::retype(box, QString::number(value));
    QTest::keyClick(box, Qt::Key_Tab);
  }
  void chooseTarget(double loss) {
    auto* box = child<NumberBox>("twinTarget");
    test::retype(box, QString::number(loss));
    QTest::keyClick(box, Qt::Key_Return);
  }
  TwinRecord savedRecord() {
    const auto read = loadTwin(twins().viewModel()->file.toStdString());
    if (!read.ok()) qFatal("%s", read.error().text().c_str());
    return *read;
  }
  QString sideCell(SidesModel::Row row, int side) { return cell("sidesTable", row, side); }
  // The largest x in the plot.
  double drawnTo() {
    double last = 0;
    for (const CurveSpec& curve : child<CurvePlot>("twinPlot")->curves())
      last = std::max(last, curve.raw->lastX());
    return last;
  }
  void compareTarget(const TwinRecord& record) {
    const auto target = targetOf(record);
    QVERIFY(target);
    for (int k = 0; k < 2; ++k) {
      const auto side = static_cast<std::size_t>(k);
      QCOMPARE(sideCell(SidesModel::Energy, k),
               QString("%1, %2 W").arg(joulesText(record.sides[side].joules.value())).arg(kWatts, 0, 'f', 1));
      const auto reached = reach(record, side, *target);
      QCOMPARE(sideCell(SidesModel::TargetStep, k), reached ? wholeCountText(reached->step) : "never");
      if (!reached) continue;
      QCOMPARE(sideCell(SidesModel::TargetTime, k), QString("%1 s").arg(reached->seconds, 0, 'g', 4));
      QCOMPARE(sideCell(SidesModel::TargetEnergy, k), joulesText(*reached->joules));
      QCOMPARE(sideCell(SidesModel::TargetCost, k), toQString(moneyText(record.tariff, *reached->money)));
    }
  }

 private Q_SLOTS:
  void init() {
    LabFixture::init();
    metered_ = std::make_unique<MeteredBackend>(*DeviceRegistry::instance().backendFor("cpu").value());
    twins().setLookup([this](std::string_view) -> Result<Backend*> { return metered_.get(); });
  }
  void cleanup() {
    LabFixture::cleanup();
    metered_.reset();
  }

  void lossesAreDrawnOverEachAxis() {
    startRace(1);
    waitForEnd();
    for (const TwinSideRecord& side : record().sides) {
      QCOMPARE(side.device, std::string("cpu"));
      QVERIFY2(side.joules.value_or(0) > 0, side.noEnergy.c_str());
      QCOMPARE(side.pricePerHour, 3.6);
    }
    compareTarget(savedRecord());
    auto* plot = child<CurvePlot>("twinPlot");
    const std::pair<const char*, CurveAxis> axes[] = {{"twinByEpoch", CurveAxis::Epoch},
                                                      {"twinByTime", CurveAxis::Seconds},
                                                      {"twinByEnergy", CurveAxis::Joules},
                                                      {"twinByCost", CurveAxis::Money},
                                                      {"twinByStep", CurveAxis::Step}};
    for (const auto& [button, axis] : axes) {
      click(button);
      double last = 0;
      for (std::size_t k = 0; k < 2; ++k) last = std::max(last, axisColumn(record(), k, axis).back());
      QCOMPARE(plot->curves().size(), std::size_t{2});
      QCOMPARE(drawnTo(), last);
      test::screenshot(window_.get(), button);
    }
    click("twinByCost");
    QCOMPARE(plot->xAxis->label(), QString("cost (CHF)"));
    // Both sides train the same number of epochs, whatever their batch size.
    QVERIFY(std::abs(axisColumn(savedRecord(), 0, CurveAxis::Epoch).back() - kEpochs) < 1e-9);
    QVERIFY(std::abs(axisColumn(savedRecord(), 1, CurveAxis::Epoch).back() - kEpochs) < 1e-9);
  }

  void pricesAndTargetOfARecordCanBeChanged() {
    startRace(1);
    waitForEnd();
    click("twinByCost");
    const double before = drawnTo();
    test::whenDialog("pricesDialog", [](QDialog* prices) {
      QCOMPARE(test::find<NumberBox>(prices, "hour:cpu")->value(), 3.6);
      setNumber(prices, "hour:cpu", 36);
      setNumber(prices, "perKwh", 3.6);
      QTest::mouseClick(test::find<QAbstractButton>(prices, "pricesOk"), Qt::LeftButton);
    });
    click("twinPrices");
    QVERIFY(std::abs(drawnTo() / before - 10) < 1e-6);
    QTRY_COMPARE(savedRecord().sides[1].pricePerHour, 36.0);
    QCOMPARE(savedRecord().tariff.currency, std::string("CHF"));
    QCOMPARE(Prices::saved({"cpu"}).of("cpu"), 36.0);
    compareTarget(savedRecord());
    // A target that is reached at once, and one that is never reached.
    chooseTarget(100);
    QTRY_VERIFY(savedRecord().targetLoss == 100.0);
    QCOMPARE(sideCell(SidesModel::TargetStep, 0), QString("1"));
    compareTarget(savedRecord());
    chooseTarget(1e-6);
    QTRY_COMPARE(sideCell(SidesModel::TargetStep, 0), QString("never"));
    chooseTarget(0);
    QTRY_VERIFY(!savedRecord().targetLoss);
    compareTarget(savedRecord());
    // The reopened record is the same.
    const QString file = twins().viewModel()->file;
    const QString shown = sideCell(SidesModel::TargetCost, 0);
    twins().open(file);
    QTRY_VERIFY(twins().viewModel()->record.sides[0].pricePerHour == 36.0);
    QCOMPARE(sideCell(SidesModel::TargetCost, 0), shown);
  }

  void aSideMayTrainAnotherNetwork() {
    openSpirals();
    Project wide = document().project();
    wide.network = widened(wide.network, 4).value();
    const QString file = folder_->filePath("wide, deep.tandem");
    QVERIFY(saveProject(wide, file.toStdString()).ok());
    openDialog();
    click("modeRace");
    QTRY_VERIFY(child<NumberBox>("side1Batch")->isVisible());
    click("side1More");
    auto* network = child<QLineEdit>("side1Network");
    QTRY_VERIFY(network->isVisible());
    // Lock-step compares layer by layer, so it does not offer another network.
    click("modeLockStep");
    QTRY_VERIFY(!network->isVisible());
    click("modeRace");
    QTRY_VERIFY(network->isVisible());
    QTest::keyClicks(network, file + "x");
    click("twinStart");
    auto* message = child<MessageBar>("twinMessage");
    QTRY_VERIFY(message->isVisible() && message->text().contains("wide, deep.tandemx"));
    network->clear();
    test::chooseFile(file);
    click("side1Browse");
    QTRY_COMPARE(network->text(), file);
    test::screenshot(window_->findChild<TwinDialog*>(), "twin_dialog_network");
    click("twinStart");
    waitForEnd();
    QCOMPARE(record().sides[1].error, std::string());
    QVERIFY(toQString(record().sides[1].label).endsWith("network=wide, deep.tandem"));
    const auto trained = [&](std::size_t side) {
      return projectFromJson(store_->info(record().sides[side].run).value().projectJson, "run")
          .value()
          .network;
    };
    QCOMPARE(trained(0), document().network());
    QCOMPARE(trained(1), wide.network);
  }

  void energyAndCostGrowDuringTheRace() {
    startRace(1, 100 * kEpochs);  // stopped long before its end
    QTRY_VERIFY_WITH_TIMEOUT(twins().running(), kRunMs);
    QTRY_VERIFY_WITH_TIMEOUT(child<QRadioButton>("twinByEnergy")->isEnabled(), kRunMs);
    QVERIFY(twins().viewModel()->live);
    click("twinByEnergy");
    const double before = drawnTo();
    QVERIFY(before > 0);
    QTRY_VERIFY(drawnTo() > before);
    QVERIFY(!child<QAbstractButton>("twinPrices")->isEnabled());
    click("twinByCost");
    QVERIFY(drawnTo() > 0);
    click("twinStop");
    waitForEnd();
  }

  void concurrentSidesOnOneDeviceExplainTheMissingEnergy() {
    startRace(0);
    waitForEnd();
    QVERIFY(!child<QRadioButton>("twinByEnergy")->isEnabled());
    QVERIFY(child<QRadioButton>("twinByEnergy")->toolTip().contains("on the same device at the same time"));
    QCOMPARE(sideCell(SidesModel::Energy, 0), QString("–"));
    // The device time is known nevertheless.
    QVERIFY(child<QRadioButton>("twinByCost")->isEnabled());
    QVERIFY(sideCell(SidesModel::TargetCost, 0).contains("CHF for device time"));
  }

 private:
  std::unique_ptr<MeteredBackend> metered_;
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::RaceTest)
#include "race_test.moc"
