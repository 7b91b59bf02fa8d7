// A list of a thousand runs, and fifty of them overlaid. Times are only reported, because the test machine
// may be busy; the tests check the reasons why they are small.
#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTableView>

#include "tests/gui/lab_fixture.h"
#include "tests/gui/recorded_runs.h"
#include "ui/runs/runs_panel.h"
#include "ui/train/curve_plot.h"

namespace tandem::ui {

using test::recorded;

class ManyRunsTest : public RecordFixture {
  Q_OBJECT

 private Q_SLOTS:
  // All rows are inserted at once and have no widgets, and only what is visible is read.
  void aThousandRunsAreListed() {
    for (int n = 1; n <= 1000; ++n) QVERIFY(store_->add(recorded(n)).ok());
    RunsPanel panel(*store_);
    auto* table = test::find<QTableView>(&panel, "runsTable");
    QAbstractItemModelTester tester(&panel.model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    panel.resize(1100, 400);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    const auto widgets = table->findChildren<QWidget*>().size();
    QSignalSpy inserted(&panel.model(), &QAbstractItemModel::rowsInserted);
    panel.refresh();
    QCoreApplication::processEvents();
    QCOMPARE(inserted.size(), 1);
    QCOMPARE(table->model()->rowCount(), 1000);
    QCOMPARE(table->model()->index(0, RunsModel::Name).data().toString(), QString("Net #1000"));
    QCOMPARE(table->findChildren<QWidget*>().size(), widgets);

    RunsPanel quiet(*store_);  // without the tester, which checks every row
    quiet.resize(1100, 400);
    quiet.show();
    QElapsedTimer clock;
    clock.start();
    quiet.refresh();
    QCoreApplication::processEvents();
    qInfo("1000 runs listed and drawn in %.1f ms", static_cast<double>(clock.nsecsElapsed()) * 1e-6);
    clock.restart();
    quiet.refresh();
    qInfo("and refreshed in %.1f ms", static_cast<double>(clock.nsecsElapsed()) * 1e-6);
  }

  // They are read on worker threads and drawn together.
  void fiftyRunsAreOverlaid() {
    for (int n = 1; n <= 60; ++n) QVERIFY(store_->add(recorded(n, 3000)).ok());
    MainWindow window(*store_);
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(window.openTemplate("Two moons"));
    QTest::qWait(50);
    auto* list = test::find<QTableView>(&window, "runsTable");
    auto* loss = test::find<CurvePlot>(&window, "lossPlot");
    QItemSelection fifty(list->model()->index(0, 0), list->model()->index(49, 0));
    list->selectionModel()->select(fifty, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    QSignalSpy ticked(&window.findChild<RunsPanel*>("runsPanel")->model(), &RunsModel::tickedChanged);
    QElapsedTimer clock, beat;
    clock.start();
    beat.start();
    qint64 longest = 0;
    QTimer pulse;  // measures how long the GUI thread was blocked
    pulse.setInterval(1);
    connect(&pulse, &QTimer::timeout, this, [&] {
      longest = std::max(longest, beat.nsecsElapsed());
      beat.restart();
    });
    pulse.start();
    window.findChild<QAction*>("runCompare")->trigger();
    QCOMPARE(ticked.size(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(loss->curves().size(), std::size_t{50}, kRunMs);
    qInfo("50 runs of 3000 steps overlaid in %lld ms; the window was blocked for at most %.1f ms",
          static_cast<long long>(clock.elapsed()), static_cast<double>(longest) * 1e-6);
    for (const CurveSpec& curve : loss->curves()) QCOMPARE(curve.raw->size(), std::size_t{3000});
    QVERIFY(!loss->legend->visible());
    test::screenshot(&window, "fifty_runs");
    qInfo("drawn in %.1f ms", loss->refresh());
    window.findChild<QAction*>("runCompare")->trigger();  // a second time: none
    QTRY_COMPARE_WITH_TIMEOUT(loss->curves().size(), std::size_t{0}, kRunMs);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ManyRunsTest)
#include "many_runs_test.moc"
