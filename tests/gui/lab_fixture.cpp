#include "tests/gui/lab_fixture.h"

#include <QSignalSpy>
#include <QTableView>

#include "ui/runs/runs_panel.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

void RecordFixture::init() {
  folder_ = std::make_unique<QTemporaryDir>();
  QSettings().clear();
  auto store = RunStore::open((folder_->path() + "/runs").toStdString());
  QVERIFY(store.ok());
  store_ = std::move(store).value();
}

void RecordFixture::cleanup() {
  store_.reset();
  folder_.reset();
}

void LabFixture::init() {
  RecordFixture::init();
  QVERIFY(store_ != nullptr);
  window_ = std::make_unique<MainWindow>(*store_);
  window_->resize(1280, 800);
  window_->show();
  QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
}

void LabFixture::cleanup() {
  window_.reset();
  RecordFixture::cleanup();
}

RunsModel& LabFixture::runs() {
  return child<RunsPanel>("runsPanel")->model();
}

void LabFixture::openTemplate(const QString& name, int epochs) {
  QVERIFY(window_->openTemplate(name));
  TrainingConfig training = document().training();
  training.epochs = epochs;
  document().setTraining(training, "epochs");
  QTest::qWait(20);  // the default layout is applied by the first events
}

void LabFixture::clickRun(int row) {
  auto* table = child<QTableView>("runsTable");
  const QRect cell = table->visualRect(table->model()->index(row, RunsModel::State));
  QTest::mouseClick(table->viewport(), Qt::LeftButton, Qt::NoModifier, cell.center());
}

void LabFixture::trainToEnd() {
  QSignalSpy ended(&controller(), &TrainController::runEnded);
  trigger("actionTrain");
  QVERIFY(ended.wait(kRunMs));
  QVERIFY2(controller().lastResult(), qPrintable(child<MessageBar>("messageBar")->text()));
  QCOMPARE(controller().lastResult()->state, TrainState::Finished);
}

}  // namespace tandem::ui
