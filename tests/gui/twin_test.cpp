// Journey 4: the twin run in the window. Clicks through the dialog to the tables, whose numbers must match the
// record; parity, values and causes; a race; a record opened from its file.
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTextBrowser>
#include <algorithm>

#include "core/runtime/registry.h"
#include "tests/gui/twin_fixture.h"
#include "tests/unit/spoiled_backend.h"
#include "ui/compare/layer_bars.h"
#include "ui/compare/parity_model.h"
#include "ui/compare/sides_model.h"
#include "ui/compare/tiles_view.h"
#include "ui/compare/twin_dialog.h"
#include "ui/editor/network_view.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/train/curve_plot.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::chooseFile;

class TwinTest : public TwinFixture {
  Q_OBJECT

 private:
  // Compares all numbers on screen with those of a record read from a file.
  void compareWithFile(const QString& path) {
    const auto read = loadTwin(path.toStdString());
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().text().c_str());
    const auto ms = [](double seconds) { return QString::number(1e3 * seconds, 'f', 3); };
    showTab(0);
    QCOMPARE(child<QTableView>("sidesTable")->model()->columnCount(), static_cast<int>(read->sides.size()));
    for (int k = 0; k < static_cast<int>(read->sides.size()); ++k) {
      const TwinSideRecord& side = read->sides[static_cast<std::size_t>(k)];
      QCOMPARE(cell("sidesTable", SidesModel::StepTime, k), ms(side.timing.median));
      QVERIFY(cell("sidesTable", SidesModel::Quartiles, k)
                  .startsWith(QString("%1 to %2").arg(ms(side.timing.low), ms(side.timing.high))));
      QCOMPARE(cell("sidesTable", SidesModel::Forward, k), ms(side.profile.forward));
      QCOMPARE(cell("sidesTable", SidesModel::Backward, k), ms(side.profile.backward));
      if (side.profile.telemetry > 0)
        QCOMPARE(cell("sidesTable", SidesModel::Telemetry, k), ms(side.profile.telemetry));
      QCOMPARE(cell("sidesTable", SidesModel::DataWait, k), ms(side.dataWait));
      QCOMPARE(cell("sidesTable", SidesModel::Memory, k),
               bytesText(static_cast<double>(side.profile.memory.total())));
      QCOMPARE(cell("sidesTable", SidesModel::Loss, k).toDouble(),
               QString::number(side.curve.loss.back(), 'g', 6).toDouble());
      const SpeedUp speed = speedUp(*read, k);
      if (k > 0)
        QVERIFY(cell("sidesTable", SidesModel::Speed, k).startsWith(QString::number(speed.ratio, 'f', 2)));
    }
    if (read->mode != TwinMode::LockStep) return;
    showTab(1);
    const SideParity& parity = read->parity.back().sides.front();
    auto* table = child<QTableView>("parityTable");
    QCOMPARE(table->model()->rowCount(), static_cast<int>(parity.tensors.size()));
    for (int row = 0; row < table->model()->rowCount(); ++row) {
      const TensorParity& tensor = parity.tensors[static_cast<std::size_t>(row)];
      QCOMPARE(cell("parityTable", row, ParityModel::Layer), toQString(tensor.layer));
      QCOMPARE(cell("parityTable", row, ParityModel::Tensor), tensorName(tensor));
      QCOMPARE(cell("parityTable", row, ParityModel::Relative), differenceText(tensor.difference.relative));
      QCOMPARE(cell("parityTable", row, ParityModel::Cosine),
               QString::number(tensor.difference.cosine, 'f', 9));
      QCOMPARE(cell("parityTable", row, ParityModel::Largest), differenceText(tensor.difference.largest));
    }
  }
  int rowOf(const QString& layer, const QString& tensor) {
    auto* model = child<QTableView>("parityTable")->model();
    for (int row = 0; row < model->rowCount(); ++row)
      if (cell("parityTable", row, ParityModel::Layer) == layer &&
          cell("parityTable", row, ParityModel::Tensor) == tensor)
        return row;
    return -1;
  }
  const std::optional<NodeMark>& markOf(const char* layer) {
    for (const Layer& each : document().network().layers())
      if (each.name == layer) return child<NetworkView>("canvas")->networkScene()->node(each.id)->mark();
    qFatal("no layer %s", layer);
  }

 private Q_SLOTS:
  // Journey 4.
  void lockStepFromTheDialog() {
    openSpirals();
    QVERIFY(!child<QDockWidget>("twinDock")->isVisible());
    TwinDialog* dialog = openDialog();
    QVERIFY(child<QLabel>("twinAbout")->text().contains(QString::number(document().training().seed)));
    chooseKernels();
    test::screenshot(dialog, "twin_dialog");
    startLockStep(12, 4);
    waitForEnd();
    QVERIFY(window_->findChild<TwinDialog*>() == nullptr || !window_->findChild<TwinDialog*>()->isVisible());
    QVERIFY(child<QDockWidget>("twinDock")->isVisible());
    QVERIFY(!child<QDockWidget>("plotsDock")->isVisible());

    QCOMPARE(record().sides.size(), std::size_t{2});
    QCOMPARE(record().sides[0].label, std::string("cpu:1"));
    QCOMPARE(record().sides[1].label, std::string("cpu:1, avoid=onednn+small"));
    QCOMPARE(record().sides[0].curve.steps.back(), std::int64_t{12});
    QCOMPARE(record().parity.size(), std::size_t{4});  // before steps 1, 5 and 9, and after the last
    QCOMPARE(cell("sidesTable", SidesModel::State, 1), QString("finished"));
    QVERIFY(!twins().viewModel()->file.isEmpty());
    compareWithFile(twins().viewModel()->file);
    QCOMPARE(child<CurvePlot>("twinPlot")->graphCount(), 4);  // raw and smoothed of two sides
    QVERIFY(child<QTextBrowser>("twinFindings")->toPlainText().contains("agrees with cpu:1"));
    auto* table = child<QTableView>("sidesTable");
    for (int k = 0; k < 2; ++k) {
      QVERIFY(table->columnWidth(k) >= table->horizontalHeader()->sectionSizeHint(k));
      QVERIFY(table->columnWidth(k) >= table->fontMetrics().horizontalAdvance(
                                           toQString(record().sides[static_cast<std::size_t>(k)].label)));
    }
    test::screenshot(window_.get(), "twin_parity");

    showTab(1);
    QAbstractItemModelTester tester(child<QTableView>("parityTable")->model());
    QVERIFY(!child<QPushButton>("firstDivergence")->isEnabled());
    QVERIFY(child<QPushButton>("firstDivergence")->toolTip().contains("rounding"));
    QVERIFY(!child<QPushButton>("parityWhy")->isEnabled());
    QVERIFY(markOf("dense_2").has_value());  // while the parity view is open
    // The mark of a layer shows the times of both sides, in the colour of the faster one.
    showTab(2);
    const auto timeOf = [&](std::size_t side) {
      for (const auto& layer : record().sides[side].profile.layers)
        if (layer.layer == "dense_2") return layer.forward + layer.backward;
      return 0.0;
    };
    QVERIFY(markOf("dense_2").has_value());
    const auto ms = [&](std::size_t side) {
      const double time = 1e3 * timeOf(side);
      return QString::number(time, 'f', time >= 10 ? 0 : time >= 1 ? 1 : time >= 0.1 ? 2 : 3);
    };
    QCOMPARE(markOf("dense_2")->text, QString("%1 | %2 ms").arg(ms(0), ms(1)));
    QCOMPARE(markOf("dense_2")->color, Theme::instance().curve(timeOf(1) < timeOf(0) ? 1 : 0));
    test::screenshot(window_.get(), "twin_layers");
    showTab(0);
    QVERIFY(!markOf("dense_2").has_value());
    showTab(1);
    QVERIFY(markOf("dense_2")->text.startsWith("≈") || markOf("dense_2")->text.startsWith("="));

    // Clicking a row reveals its layer on the canvas.
    clickRow("parityTable", rowOf("dense_2", "output"));
    QCOMPARE(document().selectedLayers().size(), std::size_t{1});
    QCOMPARE(document().network().find(*document().selectedLayers().begin())->name, std::string("dense_2"));
    click("parityWhy");
    QTRY_VERIFY_WITH_TIMEOUT(child<QTextBrowser>("causeText")->isVisible(), kRunMs);
    QVERIFY(
        child<QTextBrowser>("causeText")->toPlainText().contains("both kernels agree with the definition"));
    click("parityValues");
    QTRY_VERIFY_WITH_TIMEOUT(child<TilesView>("valuesDifference")->isVisible(), kRunMs);
    QCOMPARE(child<TilesView>("valuesReference")->image().size(),
             QSize(64, 64));  // a batch of 64 by 64 units
    test::screenshot(window_.get(), "twin_values");
    showTab(2);
    QTRY_VERIFY(child<QCustomPlot>("layerBarsPlot")->plottableCount() == 4);
    test::screenshot(window_.get(), "twin_layers");
  }

  void reportAndRecordAreWrittenAndOpened() {
    openSpirals();
    openDialog();
    chooseKernels();
    startLockStep(6, 3);
    waitForEnd();
    const QString report = folder_->filePath("report.html"), file = folder_->filePath("a.tandemtwin");
    chooseFile(report);
    click("twinReport");
    QTRY_VERIFY(QFile::exists(report));
    QFile page(report);
    QVERIFY(page.open(QIODevice::ReadOnly));
    QVERIFY(page.readAll().contains("Twin run: Two spirals"));
    const QString pdf = folder_->filePath("report.pdf");
    chooseFile(pdf);
    click("twinReport");
    QCOMPARE(child<MessageBar>("messageBar")->kind(), MessageBar::Kind::Error);
    QVERIFY2(child<MessageBar>("messageBar")->text().contains("web page, not a PDF"),
             qPrintable(child<MessageBar>("messageBar")->text()));
    QVERIFY(!QFile::exists(pdf));
    chooseFile(file);
    click("twinRecord");
    QTRY_VERIFY(QFile::exists(file));

    // Another twin, then the first one's record again.
    click("twinNew");
    QVERIFY(QTest::qWaitForWindowExposed(window_->findChild<TwinDialog*>()));
    startLockStep(3, 3);
    waitForEnd();
    QCOMPARE(record().sides[0].curve.steps.back(), std::int64_t{3});
    QSignalSpy opened(&twins(), &TwinController::opened);
    chooseFile(file);
    click("twinOpenRecord");
    QVERIFY(opened.wait(kRunMs));
    QCOMPARE(record().sides[0].curve.steps.back(), std::int64_t{6});
    compareWithFile(file);
    // The sides are not in memory, so values and causes are unavailable.
    clickRow("parityTable", 0);
    QVERIFY(!child<QPushButton>("parityValues")->isEnabled());
    QVERIFY(child<QPushButton>("parityValues")->toolTip().contains("record"));
  }

  void raceRecordsTwoRuns() {
    openSpirals();
    TwinDialog* dialog = openDialog();
    chooseRace(32, 3, 1);
    test::screenshot(dialog, "twin_dialog_race");
    click("twinStart");
    waitForEnd();
    QVERIFY(record().mode == TwinMode::Race);
    QCOMPARE(cell("sidesTable", SidesModel::State, 0), QString("finished"));
    QCOMPARE(cell("sidesTable", SidesModel::State, 1), QString("finished"));
    QCOMPARE(record().sides[1].batch, std::int64_t{32});
    QVERIFY(record().sides[1].curve.steps.back() >
            1.5 * static_cast<double>(record().sides[0].curve.steps.back()));
    compareWithFile(twins().viewModel()->file);
    const std::vector<RunSummary>& runs = child<RunsPanel>("runsPanel")->model().runs();
    QCOMPARE(runs.size(), std::size_t{2});
    for (const TwinSideRecord& side : record().sides) {
      const auto found = std::ranges::find(runs, side.run, &RunSummary::id);
      QVERIFY(found != runs.end());
      QVERIFY(found->state == RunState::Finished);
      QCOMPARE(found->steps, side.curve.steps.back());
    }
    // By time, and back.
    auto* plot = child<CurvePlot>("twinPlot");
    QCOMPARE(plot->xAxis->label(), QString("step"));
    click("twinByTime");
    QCOMPARE(plot->xAxis->label(), QString("seconds"));
    const double seconds = record().sides[0].curve.seconds.back();
    QVERIFY(plot->xAxis->range().upper >= seconds);
    test::screenshot(window_.get(), "twin_race");
    showTab(1);
    QVERIFY(!child<QPushButton>("firstDivergence")->isEnabled());
    QVERIFY(!child<QComboBox>("paritySide")->isEnabled());
  }

  void injectedFaultIsFoundAndShown() {
    openSpirals();
    Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
    Spoil spoil;
    // Matches only the second layer, which has 64 columns in and out.
    spoil.where = [](const OpCall& call) {
      return call.inputs[0].shape[-1] == 64 && call.outputs[0].shape[-1] == 64;
    };
    // Finds the names of its op and kernel in the compiled network.
    {
      const auto data = loadDataset(document().data()).value();
      const auto plain =
          LockStep::open(document().project(), data, parseSides({"cpu:1", "cpu:1"}).value()).value();
      const PhasePlan& plan = plain->plan(0).train;
      for (std::size_t i = 0; i < plan.program.nodes.size() && spoil.op.empty(); ++i) {
        const Node& node = plan.program.nodes[i];
        if (node.op->view || node.part != Part::Forward || !spoil.where(callOf(plan.program, node))) continue;
        spoil.op = node.op->name;
        spoil.kernel = plan.kernels[i].kernel;
      }
    }
    spoil.how = [](std::span<float> values) { values[5] += 0.5f; };
    SpoiledBackend spoiled(cpu, spoil);
    twins().setLookup([&](std::string_view id) -> Result<Backend*> {
      if (id == "spoiled") return &spoiled;
      return DeviceRegistry::instance().backendFor(id);
    });
    std::vector<DeviceInfo> devices = DeviceRegistry::instance().devices();
    DeviceInfo faulty;
    faulty.id = "spoiled";
    faulty.name = "Faulty device";
    devices.push_back(faulty);
    window_->setDevices(devices);
    openDialog();  // compares the CPU with the first other available device
    QCOMPARE(child<QComboBox>("side1Device")->currentText(), QString("Faulty device"));
    startLockStep(4, 2);
    waitForEnd();
    showTab(1);
    QVERIFY(child<QPushButton>("firstDivergence")->isEnabled());
    click("firstDivergence");
    auto* table = child<QTableView>("parityTable");
    const int row = table->currentIndex().row();
    QCOMPARE(cell("parityTable", row, ParityModel::Layer), QString("dense_2"));
    QCOMPARE(cell("parityTable", row, ParityModel::Verdict), nameOf(Severity::Beyond));
    QCOMPARE(table->model()->index(row, ParityModel::Relative).data(Qt::BackgroundRole).value<QColor>(),
             Theme::instance().colors().errorBack);
    QVERIFY(markOf("dense_2")->text.startsWith("≠"));
    // The cause was found during the run.
    QVERIFY(child<QTextBrowser>("causeText")->isVisible());
    QVERIFY(child<QTextBrowser>("causeText")->toPlainText().contains("This removes the difference"));
    QVERIFY(child<QTextBrowser>("twinFindings")->toPlainText().contains("first in layer dense_2"));
    test::screenshot(window_.get(), "twin_fault");
    click("parityValues");
    QTRY_VERIFY_WITH_TIMEOUT(child<TilesView>("valuesDifference")->isVisible(), kRunMs);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::TwinTest)
#include "twin_test.moc"
