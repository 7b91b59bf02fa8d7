// A run that does not fit into memory: the window reports it and offers a batch size that fits.
#include <QAbstractButton>
#include <QSignalSpy>

#include "tests/gui/lab_fixture.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

class MemoryTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void aFittingBatchIsOneClickAway() {
    openMoons(2);
    DataSpec data = document().data();
    data.count = 1'000'000;  // a batch has at most as many samples as there are
    document().setData(data, "count");
    const LayerId wide = document().network().findByName("dense")->id;
    QVERIFY(document().setProperty(wide, "units", std::int64_t{30000}).ok());
    TrainingConfig training = document().training();
    const std::int64_t usual = training.batch;
    training.batch = 1048576;
    document().setTraining(training, "batch");
    auto* bar = child<MessageBar>("messageBar");
    auto* action = child<QAbstractButton>("messageAction");

    QSignalSpy outOfMemory(&controller(), &TrainController::outOfMemory);
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QVERIFY(outOfMemory.wait(kRunMs));
    const std::int64_t fitting = outOfMemory[0][1].value<std::int64_t>();
    QVERIFY(fitting > 0 && fitting < training.batch);
    QCOMPARE(bar->kind(), MessageBar::Kind::Error);
    QVERIFY2(bar->text().contains("GB of memory"), qPrintable(bar->text()));
    QCOMPARE(action->text().remove('&'), QString("Train with batch size %1").arg(fitting));
    QCOMPARE(store_->list().value().size(), std::size_t{0});  // nothing was recorded

    // A narrower layer keeps the test small; the button still applies the offered batch size.
    QVERIFY(document().setProperty(wide, "units", std::int64_t{8}).ok());
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    QTest::mouseClick(action, Qt::LeftButton);
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(document().training().batch, fitting);
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
    while (document().training().batch != usual && document().undoStack()->canUndo())
      document().undoStack()->undo();
    QCOMPARE(document().training().batch, usual);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::MemoryTest)
#include "memory_test.moc"
