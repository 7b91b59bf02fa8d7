// The plot of the schedule in the training form: curves of all schedules, and points that are edited by mouse and
// keyboard and undone.
#include <QComboBox>
#include <QLabel>

#include "tests/gui/desk.h"
#include "ui/inspector/schedule_plot.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

using Numbers = std::vector<double>;

// The training form with a schedule.
struct ScheduleDesk : Desk {
  SchedulePlot* plot;

  explicit ScheduleDesk(const ScheduleConfig& schedule = {"points",
                                                          {{"points", Numbers{0, 1, 50, 0.5, 100, 0}}}}) {
    TrainingConfig training = document.training();
    training.schedule = schedule;
    training.optimizer = {"sgd", {{"learning_rate", 0.1}}};
    training.epochs = 20;
    document.setTraining(training, "Start", {});
    document.undoStack()->clear();
    inspector->showPage(InspectorPanel::Training);
    plot = find<SchedulePlot>(inspector, "schedulePlot");
    layOut();
  }

  // The pixels of points are known once the plot has its size.
  void layOut() {
    QTest::qWait(20);
    plot->replot(QCustomPlot::rpImmediateRefresh);
  }
  Numbers points() const { return document.training().schedule.numbers("points"); }
  int steps() { return document.undoStack()->count(); }
  void key(Qt::Key key, Qt::KeyboardModifiers keys = Qt::NoModifier) { QTest::keyClick(plot, key, keys); }
};

class ScheduleTest : public QObject {
  Q_OBJECT

 private:
  static QSharedPointer<QCPGraphDataContainer> curve(const SchedulePlot& plot) {
    return plot.graph(0)->data();
  }
  static double last(const SchedulePlot& plot) { return (curve(plot)->constEnd() - 1)->value; }

 private Q_SLOTS:
  void everyScheduleIsDrawn() {
    ScheduleDesk desk("constant");
    auto* choice = find<QComboBox>(desk.inspector, "training_schedule");
    for (const ScheduleDef* def : Catalog<ScheduleDef>::all()) {
      choice->setCurrentIndex(choice->findData(toQString(def->type)));
      QCOMPARE(desk.document.training().schedule.def().type, def->type);
      QVERIFY(curve(*desk.plot)->size() > 100);
      QCOMPARE(curve(*desk.plot)->constBegin()->key, 0.0);
      QCOMPARE((curve(*desk.plot)->constEnd() - 1)->key, 20.0);
      const auto samples = curve(*desk.plot);
      for (const QCPGraphData& sample : *samples) QVERIFY(sample.value >= 0 && sample.value <= 0.1 + 1e-12);
      QCOMPARE(desk.plot->editable(), def->type == "points");
    }
    choice->setCurrentIndex(choice->findData("cosine"));
    QVERIFY(last(*desk.plot) < 1e-5);
    // A warm-up of a few steps does not hide the rest.
    test::enter(find<NumberBox>(desk.inspector, "training_warmup_steps"), "1e6");
    QVERIFY(last(*desk.plot) < 1e-5);
    choice->setCurrentIndex(choice->findData("step"));
    QVERIFY(std::abs(last(*desk.plot) - 0.01) < 1e-12);  // 20 epochs, one reduction
  }

  void theOtherSchedulesAreNotEdited() {
    ScheduleDesk desk("cosine");
    const TrainingConfig before = desk.document.training();
    QTest::mouseDClick(desk.plot, Qt::LeftButton, {}, desk.plot->rect().center());
    test::drag(desk.plot, desk.plot->pixelAt(50, 0.5), desk.plot->pixelAt(70, 0.7));
    for (const Qt::Key key : {Qt::Key_Delete, Qt::Key_Left, Qt::Key_Insert}) desk.key(key);
    QVERIFY(desk.document.training() == before);
    QCOMPARE(desk.plot->focusPolicy(), Qt::NoFocus);
  }

  void aDragMovesAPointAndIsOneStep() {
    ScheduleDesk desk;
    test::drag(desk.plot, desk.plot->pixelOf(1), desk.plot->pixelAt(70, 0.8));
    Numbers points = desk.points();
    QCOMPARE(points.size(), std::size_t{6});
    QVERIFY2(std::abs(points[2] - 70) < 1.5 && std::abs(points[3] - 0.8) < 0.03,
             qPrintable(QString("%1:%2").arg(points[2]).arg(points[3])));
    QCOMPARE(points[4], 100.0);
    QCOMPARE(desk.steps(), 1);
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Move point of the schedule"));
    QCOMPARE(find<QLineEdit>(desk.inspector, "training_points")->text(),
             QString::fromStdString(propertyText({.kind = PropertyKind::Points}, points)));
    // Another drag is another step, and no point passes its neighbor.
    desk.layOut();
    test::drag(desk.plot, desk.plot->pixelOf(1), desk.plot->pixelAt(100, 0.8) + QPoint(60, 0));
    QCOMPARE(desk.points()[2], 99.9);
    QCOMPARE(desk.steps(), 2);
    desk.document.undoStack()->undo();
    QCOMPARE(desk.points(), points);
    desk.document.undoStack()->undo();
    QCOMPARE(desk.points(), (Numbers{0, 1, 50, 0.5, 100, 0}));
    desk.layOut();
    // A click selects.
    test::drag(desk.plot, desk.plot->pixelOf(2), desk.plot->pixelOf(2) + QPoint(1, -1));
    QCOMPARE(desk.plot->selected(), 2);
    QCOMPARE(desk.points(), (Numbers{0, 1, 50, 0.5, 100, 0}));
  }

  void nothingIsStoredBeforeTheDragEndsAndEscCancelsIt() {
    ScheduleDesk desk;
    const QPoint from = desk.plot->pixelOf(1), to = desk.plot->pixelAt(50, 1);
    test::sendMouse(desk.plot, QEvent::MouseButtonPress, from, Qt::LeftButton, Qt::LeftButton);
    test::sendMouse(desk.plot, QEvent::MouseMove, to, Qt::NoButton, Qt::LeftButton);
    QVERIFY(desk.plot->pixelOf(1).y() < from.y());
    QCOMPARE(desk.steps(), 0);
    desk.key(Qt::Key_Escape);
    QCOMPARE(desk.plot->pixelOf(1), from);
    test::sendMouse(desk.plot, QEvent::MouseMove, to, Qt::NoButton, Qt::LeftButton);
    test::sendMouse(desk.plot, QEvent::MouseButtonRelease, to, Qt::LeftButton, Qt::NoButton);
    QCOMPARE(desk.steps(), 0);
    QCOMPARE(desk.points(), (Numbers{0, 1, 50, 0.5, 100, 0}));
  }

  void aDoubleClickAddsAPoint() {
    ScheduleDesk desk;
    QTest::mouseDClick(desk.plot, Qt::LeftButton, {}, desk.plot->pixelAt(25, 0.2));
    Numbers points = desk.points();
    QCOMPARE(points.size(), std::size_t{8});
    QVERIFY(std::abs(points[2] - 25) < 1.5 && std::abs(points[3] - 0.2) < 0.03);
    QCOMPARE(desk.plot->selected(), 1);
    QTest::mouseDClick(desk.plot, Qt::LeftButton, {}, desk.plot->pixelAt(75, 0.9));
    QCOMPARE(desk.points().size(), std::size_t{10});
    QCOMPARE(desk.steps(), 2);  // consecutive additions are separate steps
    desk.document.undoStack()->undo();
    QCOMPARE(desk.points(), points);
    // On a point, nothing is added.
    desk.layOut();
    QTest::mouseDClick(desk.plot, Qt::LeftButton, {}, desk.plot->pixelOf(0));
    QCOMPARE(desk.points(), points);
  }

  void theMenuAddsAndDeletes() {
    ScheduleDesk desk;
    const test::Menu onPoint(desk.plot, desk.plot->pixelOf(1), "deletePoint");
    QCOMPARE(onPoint.name, QString("schedulePlotMenu"));
    QCOMPARE(desk.points(), (Numbers{0, 1, 100, 0}));
    const test::Menu beside(desk.plot, desk.plot->pixelAt(80, 0.8), "addPoint");
    QVERIFY(beside.entries.contains("addPoint") && !beside.entries.contains("deletePoint"));
    QCOMPARE(desk.points().size(), std::size_t{6});
    QCOMPARE(desk.steps(), 2);
  }

  void theKeyboardReachesEverything() {
    ScheduleDesk desk;
    QVERIFY(QTest::qWaitForWindowActive(&desk.window));
    desk.plot->setFocus(Qt::TabFocusReason);
    QCOMPARE(desk.plot->selected(), 0);
    desk.key(Qt::Key_Tab);
    QCOMPARE(desk.plot->selected(), 1);
    desk.key(Qt::Key_Right);
    desk.key(Qt::Key_Right, Qt::ShiftModifier);
    desk.key(Qt::Key_Up);
    desk.key(Qt::Key_Up);
    desk.key(Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(desk.points(), (Numbers{0, 1, 61, 0.42, 100, 0}));
    QCOMPARE(desk.steps(), 1);  // of one point
    QVERIFY2(desk.plot->accessibleDescription().contains("Point 2 of 3 at epoch 12.2"),
             qPrintable(desk.plot->accessibleDescription()));
    desk.key(Qt::Key_Tab);
    QCOMPARE(desk.plot->selected(), 2);
    desk.key(Qt::Key_Down);  // not below 0
    QCOMPARE(desk.points()[5], 0.0);
    desk.key(Qt::Key_Left);
    QCOMPARE(desk.points()[4], 99.0);
    QCOMPARE(desk.steps(), 2);
    desk.key(Qt::Key_Backtab, Qt::ShiftModifier);
    QCOMPARE(desk.plot->selected(), 1);
    desk.key(Qt::Key_Insert);
    QCOMPARE(desk.points(), (Numbers{0, 1, 61, 0.42, 80, 0.21, 99, 0}));
    QCOMPARE(desk.plot->selected(), 2);
    desk.key(Qt::Key_Delete);
    QCOMPARE(desk.points(), (Numbers{0, 1, 61, 0.42, 99, 0}));
    QCOMPARE(desk.steps(), 4);
    // Beyond the ends, Tab leaves the plot.
    QCOMPARE(desk.plot->selected(), 2);
    desk.key(Qt::Key_Tab);
    QVERIFY(!desk.plot->hasFocus());
    for (int i = 0; i < 4; ++i) desk.document.undoStack()->undo();
    QCOMPARE(desk.points(), (Numbers{0, 1, 50, 0.5, 100, 0}));
  }

  void whatCannotBeIsExplained() {
    ScheduleDesk desk({"points", {{"points", Numbers{50, 0.5}}}});
    desk.plot->setFocus();
    desk.key(Qt::Key_Delete);  // the last one
    QCOMPARE(desk.points(), (Numbers{50, 0.5}));
    QCOMPARE(desk.steps(), 0);
    QVERIFY2(desk.plot->accessibleDescription().contains("Points must have 1 to 100 entries"),
             qPrintable(desk.plot->accessibleDescription()));
    auto* text = find<QLineEdit>(desk.inspector, "training_points");
    test::enter(text, "50:1, 30:1");
    QVERIFY(find<QLabel>(&desk.window, "fieldNote")->text().contains("30:1 follows 50:1"));
    QCOMPARE(desk.steps(), 0);
    test::enter(text, "30:1, 50:2");
    QCOMPARE(desk.points(), (Numbers{30, 1, 50, 2}));
    QVERIFY(desk.plot->yAxis->range().upper > 0.2);
  }

  void aRunLocksThePlot() {
    ScheduleDesk desk;
    desk.inspector->setLocked(true);
    QVERIFY(!desk.plot->isEnabled());
    desk.inspector->setLocked(false);
    QVERIFY(desk.plot->isEnabled());
  }

  void thePlotFitsTheFormInBothThemes() {
    ScheduleDesk desk;
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
      Theme::instance().setMode(mode);
      desk.layOut();
      QVERIFY(desk.plot->width() <= desk.inspector->width() && desk.plot->height() <= 150);
      QVERIFY(desk.plot->axisRect()->width() > 120 && desk.plot->axisRect()->height() > 60);
      QVERIFY(test::contrast(desk.plot->graph(0)->pen().color(), Theme::instance().colors().surface) >= 3);
      test::screenshot(desk.plot, mode == ThemeMode::Dark ? "schedule_dark" : "schedule_light");
    }
    Theme::instance().setMode(ThemeMode::System);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ScheduleTest)
#include "schedule_test.moc"
