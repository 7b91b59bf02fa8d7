// A run that does not fit into memory: said in the window, with a batch that fits to click.
#include <QAbstractButton>
#include <QSignalSpy>

#include "core/runs/run_store.h"
#include "tests/gui/gui_test.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

class MemoryTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aBatchThatFitsIsOneClickAway() {
    const QTemporaryDir folder;
    const auto store = RunStore::open((folder.path() + "/runs").toStdString()).value();
    MainWindow window(*store);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(window.openTemplate("Two moons"));
    ProjectDocument& document = window.document();
    const LayerId wide = document.network().findByName("dense")->id;
    QVERIFY(document.setProperty(wide, "units", std::int64_t{30000}).ok());
    TrainingConfig training = document.training();
    const std::int64_t usual = training.batch;
    training.batch = 1048576;
    training.epochs = 2;
    document.setTraining(training, "batch");
    auto* bar = test::find<MessageBar>(&window, "messageBar");
    auto* action = test::find<QAbstractButton>(&window, "messageAction");

    QSignalSpy refused(&window.controller(), &TrainController::outOfMemory);
    QTest::keyClick(&window, Qt::Key_F5);
    QVERIFY(refused.wait(60'000));
    const std::int64_t fitting = refused[0][1].value<std::int64_t>();
    QVERIFY(fitting > 0 && fitting < training.batch);
    QCOMPARE(bar->kind(), MessageBar::Kind::Error);
    QVERIFY2(bar->text().contains("GB of memory"), qPrintable(bar->text()));
    QCOMPARE(action->text().remove('&'), QString("Train with a batch of %1").arg(fitting));
    QCOMPARE(store->list().value().size(), std::size_t{0});  // nothing was recorded

    // A narrow layer now, so that the test itself stays small; the button keeps its word.
    QVERIFY(document.setProperty(wide, "units", std::int64_t{8}).ok());
    QSignalSpy ended(&window.controller(), &TrainController::runEnded);
    QTest::mouseClick(action, Qt::LeftButton);
    QVERIFY(ended.wait(60'000));
    QCOMPARE(document.training().batch, fitting);
    QCOMPARE(window.controller().lastResult()->state, TrainState::Finished);
    while (document.training().batch != usual && document.undoStack()->canUndo())
      document.undoStack()->undo();
    QCOMPARE(document.training().batch, usual);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::MemoryTest)
#include "memory_test.moc"
