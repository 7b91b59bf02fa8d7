// The crossover in the lab: sweep, plot and sentences from real measurements; bad values; stopping.
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "core/runs/run_store.h"
#include "tests/gui/gui_test.h"
#include "ui/compare/crossover_dialog.h"
#include "ui/compare/crossover_plot.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

class CrossoverTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sweepsShowsAndStops() {
    const QTemporaryDir folder;
    const auto store = RunStore::open((folder.path() + "/runs").toStdString()).value();
    MainWindow window(*store);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    auto* action = window.findChild<QAction*>("actionCrossover");
    QVERIFY(action != nullptr && !action->isEnabled());
    QVERIFY(window.openTemplate("Two moons"));
    QVERIFY(action->isEnabled());
    action->trigger();
    auto* dialog = window.findChild<CrossoverDialog*>("crossoverDialog");
    QVERIFY(dialog != nullptr && dialog->isVisible());
    auto* values = test::find<QLineEdit>(dialog, "crossoverValues");
    auto* start = test::find<QPushButton>(dialog, "crossoverStart");
    auto* message = test::find<MessageBar>(dialog, "crossoverMessage");
    auto* sentences = test::find<QLabel>(dialog, "crossoverSentences");
    auto* plot = test::find<CrossoverPlot>(dialog, "crossoverPlot");

    values->setText("8, many");
    QTest::mouseClick(start, Qt::LeftButton);
    QVERIFY(message->isVisible() && !dialog->measuring());
    QVERIFY2(message->text().contains("'many' is not a batch size"), qPrintable(message->text()));
    values->setText("8");
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY(!dialog->measuring());
    QTRY_VERIFY2(message->text().contains("two values"), qPrintable(message->text()));

    values->setText("8, 64");
    QTest::mouseClick(start, Qt::LeftButton);
    QVERIFY(dialog->measuring());
    QCOMPARE(start->text(), QString("Stop"));
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->measuring(), 60'000);
    QVERIFY(!message->isVisible());
    QCOMPARE(dialog->result().points.size(), std::size_t{2});
    QVERIFY(!sentences->text().isEmpty());
    // What is drawn is what was measured: the middle line of each side is its third graph.
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
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->measuring(), 60'000);
    QCOMPARE(dialog->result().axis, SweepAxis::Batch);  // the result before stays
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::CrossoverTest)
#include "crossover_test.moc"
