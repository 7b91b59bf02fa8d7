// Events of runs on their plots, for a current and a recorded run.
#include <QMenu>
#include <QSignalSpy>
#include <QTableView>

#include "tests/gui/lab_fixture.h"
#include "tests/gui/recorded_runs.h"
#include "ui/runs/runs_panel.h"
#include "ui/train/curve_plot.h"

namespace tandem::ui {

class EventsTest : public LabFixture {
  Q_OBJECT

 private:
  CurvePlot* loss() { return child<CurvePlot>("lossPlot"); }
  // The text of the plot with the mouse at a step, or `offset` pixels to the right of it.
  QString readOutAt(CurvePlot* plot, double step, int offset = 0) {
    const QPoint at(static_cast<int>(plot->xAxis->coordToPixel(step)) + offset,
                    plot->axisRect()->center().y());
    test::sendMouse(plot, QEvent::MouseMove, at, Qt::NoButton, Qt::NoButton);
    return plot->readOut();
  }
  void chooseInMenu(CurvePlot* plot, const QString& action) {
    QTimer::singleShot(0, this, [action] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      QVERIFY(menu != nullptr);
      menu->findChild<QAction*>(action)->trigger();
      menu->close();
    });
    QContextMenuEvent event(QContextMenuEvent::Mouse, QPoint(10, 10), plot->mapToGlobal(QPoint(10, 10)));
    QApplication::sendEvent(plot, &event);
  }

 private Q_SLOTS:
  void theReadOutOmitsCurvesThatHaveNoPointsThere() {
    CurveStore early, late;
    for (int step = 1; step <= 100; ++step) early.append(step, 0.5f);
    for (int step = 500; step <= 1000; ++step) late.append(step, 0.25f);
    CurvePlot plot("loss", {}, nullptr);
    plot.resize(600, 300);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    CurveSpec first, second;
    first.label = "early";
    first.raw = &early;
    second.label = "late";
    second.raw = &late;
    plot.setCurves({first, second});
    plot.replot(QCustomPlot::rpImmediateRefresh);
    const QString atLate = readOutAt(&plot, 800);
    QVERIFY2(atLate.contains("late") && atLate.contains("0.25") && !atLate.contains("early"),
             qPrintable(atLate));
    QVERIFY2(atLate.contains("80") || atLate.contains("79"), qPrintable(atLate));  // the step under the mouse
    const QString atEarly = readOutAt(&plot, 50);
    QVERIFY2(atEarly.contains("early") && !atEarly.contains("late"), qPrintable(atEarly));
    QVERIFY(readOutAt(&plot, 300).isEmpty());
  }

  void currentAndRecordedRunsShowTheirEvents() {
    openMoons(1'000'000);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 0, kRunMs);
    const std::shared_ptr<RunSeries> series = controller().series();
    QVERIFY(series->events().empty());
    controller().setLearningRate(0.004);
    QTRY_COMPARE_WITH_TIMEOUT(series->events().size(), std::size_t{1}, kRunMs);
    const std::int64_t changed = series->events()[0].step;
    QTRY_VERIFY_WITH_TIMEOUT(controller().status().step > 2 * changed + 1000, kRunMs);
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    QTRY_COMPARE_WITH_TIMEOUT(series->events().size(), std::size_t{2}, kRunMs);
    QTest::qWait(200);  // lets pending events arrive and be drawn
    const std::int64_t paused = series->events()[1].step;
    QVERIFY(series->checkpoints().size() > 1);
    QCOMPARE(loss()->eventLines()->drawn(), 2);  // no checkpoint among them
    QCOMPARE(child<CurvePlot>("metricPlot")->eventLines()->drawn(), 2);

    const QString expected = QString("step %1: learning rate set to 0.004").arg(QLocale().toString(changed));
    QVERIFY2(readOutAt(loss(), static_cast<double>(changed)).contains(expected),
             qPrintable(loss()->readOut()));
    QVERIFY(readOutAt(loss(), static_cast<double>(changed), 3).contains(expected));
    QVERIFY(!readOutAt(loss(), static_cast<double>(changed), 20).contains(expected));
    QVERIFY(readOutAt(loss(), static_cast<double>(paused), -2).contains("paused"));
    test::screenshot(window_.get(), "events");

    // Checkpoints can be shown, and events hidden, on all plots.
    chooseInMenu(loss(), "showCheckpoints");
    QVERIFY(loss()->eventLines()->drawn() > 2);
    QVERIFY(child<CurvePlot>("metricPlot")->eventLines()->drawn() > 2);
    QVERIFY(
        readOutAt(loss(), static_cast<double>(series->checkpoints()[0].step)).contains("checkpoint written"));
    chooseInMenu(loss(), "showCheckpoints");
    QCOMPARE(loss()->eventLines()->drawn(), 2);
    chooseInMenu(loss(), "showEvents");
    QCOMPARE(loss()->eventLines()->drawn(), 0);
    QVERIFY(!readOutAt(loss(), static_cast<double>(changed)).contains(expected));
    chooseInMenu(loss(), "showEvents");

    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    const std::int64_t id = controller().runId();
    // A new window shows the same events from the record.
    window_ = std::make_unique<MainWindow>(*store_);
    window_->resize(1280, 800);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    openMoons(3);
    runs().setTicked({id});
    QTRY_COMPARE_WITH_TIMEOUT(loss()->curves().size(), std::size_t{3}, kRunMs);
    QTRY_COMPARE(loss()->eventLines()->drawn(), 2);
    QVERIFY2(readOutAt(loss(), static_cast<double>(changed)).contains(expected),
             qPrintable(loss()->readOut()));
    QVERIFY(readOutAt(loss(), static_cast<double>(paused), -2).contains("paused"));
  }

  void eventsAreHiddenWithTheCurveOfTheirRun() {
    const QString words[] = {"<b>odd</b>", QString(400, 'x')};
    for (int n = 1; n <= 2; ++n) {
      RecordedRun run = test::recorded(n);
      RunEvent& event = run.curves.events.emplace_back();
      event.step = 5 * n;
      event.text = words[n - 1].toStdString();
      event.kind = n == 1 ? RunEventKind::Note : RunEventKind::Error;
      QVERIFY(store_->add(run).ok());
    }
    openMoons(3);
    child<RunsPanel>("runsPanel")->refresh();
    runs().setTicked({1, 2});
    QTRY_COMPARE_WITH_TIMEOUT(loss()->curves().size(), std::size_t{2}, kRunMs);
    QTRY_COMPARE(loss()->eventLines()->drawn(), 2);
    QVERIFY(readOutAt(loss(), 5).contains("Net #1, step 5: &lt;b&gt;odd&lt;/b&gt;"));
    QVERIFY(!readOutAt(loss(), 5).contains("xxx"));
    QVERIFY(readOutAt(loss(), 10).contains(QString("Net #2, step 10: error: ") + QString(90, 'x')));
    QVERIFY(loss()->readOut().contains(QChar(0x2026)));  // the text is elided
    loss()->setCurveVisible("Net #1", false);
    QCOMPARE(loss()->eventLines()->drawn(), 1);
    QVERIFY(!readOutAt(loss(), 5).contains("odd"));
  }

  // The number of lines is limited, however many events there are. The drawing time is only reported.
  void manyEventsCostLittle() {
    RecordedRun run = test::recorded(1, 100'000);
    const auto plain = std::make_shared<RunSeries>(run.info, run.curves);
    for (int i = 1; i <= 100'000; ++i) {
      RunEvent& event = run.curves.events.emplace_back();
      event.step = i;
      event.kind = i % 2 == 0 ? RunEventKind::Checkpoint : RunEventKind::Note;
      event.text = run.info.name;
    }
    const auto busy = std::make_shared<RunSeries>(run.info, run.curves);
    QCOMPARE(busy->events().size(), RunSeries::kMaxEvents);
    const std::vector<RunEvent>& checkpoints = busy->checkpoints();  // thinned, evenly
    QVERIFY(checkpoints.size() > 1000 && checkpoints.size() <= RunSeries::kMaxCheckpoints);
    for (std::size_t i = 1; i < checkpoints.size(); ++i)
      QCOMPARE(checkpoints[i].step - checkpoints[i - 1].step, checkpoints[1].step - checkpoints[0].step);
    CurvePlot plot("loss", {}, nullptr);
    plot.resize(600, 300);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    for (const auto& series : {plain, busy}) {
      CurveSpec curve{"loss", Qt::blue, false, series};
      curve.raw = &series->metrics().front().raw;
      plot.setEvents({{{}, Qt::gray, series, &series->events(), &series->checkpoints()}});
      plot.setCurves({curve});
      double best = 1e9;
      for (int i = 0; i < 50; ++i) best = std::min(best, plot.refresh());
      qInfo("%zu events: %d lines, drawn in %.2f ms", series->events().size(), plot.eventLines()->drawn(),
            best);
    }
    const int limit = plot.axisRect()->width() / 4 + 1;  // of lines on the whole axis; a fifth has events
    QVERIFY(plot.eventLines()->drawn() > limit / 6 && plot.eventLines()->drawn() <= limit / 4);
    QVERIFY(readOutAt(&plot, 10'000).contains("and "));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::EventsTest)
#include "events_test.moc"
