// The crossover dialog: sweep, plot and sentences from real measurements; invalid values; stopping.
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "tests/gui/lab_fixture.h"
#include "ui/compare/crossover_dialog.h"
#include "ui/compare/crossover_plot.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

class CrossoverTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void measuresShowsAndStops() {
    auto* action = child<QAction>("actionCrossover");
    QVERIFY(!action->isEnabled());
    QVERIFY(window_->openTemplate("Two moons"));
    QVERIFY(action->isEnabled());
    action->trigger();
    auto* dialog = child<CrossoverDialog>("crossoverDialog");
    QVERIFY(dialog->isVisible());
    auto* values = test::find<QLineEdit>(dialog, "crossoverValues");
    auto* start = test::find<QPushButton>(dialog, "crossoverStart");
    auto* message = test::find<MessageBar>(dialog, "crossoverMessage");
    auto* sentences = test::find<QLabel>(dialog, "crossoverSentences");
    auto* plot = test::find<CrossoverPlot>(dialog, "crossoverPlot");

    test::retype(values, "8, many");
    QTest::mouseClick(start, Qt::LeftButton);
    QVERIFY(!dialog->measuring());
    auto* note = test::find<QLabel>(dialog, "fieldNote");
    QVERIFY2(note->isVisible() && note->text().contains("“many” is not a number"), qPrintable(note->text()));
    test::enter(values, "8, 1.5");
    note = test::find<QLabel>(dialog, "fieldNote");
    QVERIFY2(note->text().contains("'1.5' is not a batch size"), qPrintable(note->text()));
    QVERIFY(!dialog->measuring());
    test::retype(values, "8");
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY(!dialog->measuring());
    QTRY_VERIFY2(message->text().contains("two values"), qPrintable(message->text()));

    test::retype(values, "8, 8*8");
    QTest::mouseClick(start, Qt::LeftButton);
    QVERIFY(dialog->measuring());
    QCOMPARE(start->text(), QString("Stop"));
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->measuring(), kRunMs);
    QVERIFY(!message->isVisible());
    QCOMPARE(dialog->result().points.size(), std::size_t{2});
    QVERIFY(!sentences->text().isEmpty());
    // The plot shows the measured values: the median of each side is its third graph.
    for (int side = 0; side < static_cast<int>(dialog->result().labels.size()); ++side) {
      const auto data = plot->graph(3 * side + 2)->data();
      QCOMPARE(data->size(), 2);
      for (int i = 0; i < 2; ++i)
        QCOMPARE(data->at(i)->value, dialog->result().points[i].sides[side].samplesPerSecond);
    }
    test::screenshot(dialog, "crossover");

    test::find<QComboBox>(dialog, "crossoverAxis")->setCurrentIndex(1);
    QVERIFY(values->text().contains("0.5"));
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY(dialog->measuring());
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->measuring(), kRunMs);
    QCOMPARE(dialog->result().axis, SweepAxis::Batch);  // the previous result stays
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::CrossoverTest)
#include "crossover_test.moc"
