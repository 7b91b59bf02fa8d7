#include "tests/gui/twin_fixture.h"

#include <QComboBox>
#include <QTabWidget>
#include <QTableView>

#include "ui/compare/twin_dialog.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

void TwinFixture::click(const QString& button) {
  auto* found = child<QAbstractButton>(button);
  QVERIFY2(found->isVisible() && found->isEnabled(), qPrintable(button));
  // Only the left part of a check box reacts to clicks.
  QTest::mouseClick(found, Qt::LeftButton, Qt::NoModifier, QPoint(8, found->height() / 2));
}

void TwinFixture::type(const QString& field, int number) {
  auto* box = child<NumberBox>(field);
  QTest::mouseClick(box, Qt::LeftButton);
  box->setFocus();
  QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(box, QString::number(number));
  QTest::keyClick(box, Qt::Key_Tab);
}

void TwinFixture::openSpirals() {
  openTemplate("Two spirals", 2);
  DataSpec data = document().data();
  data.count = 600;
  document().setData(data, "less data");
}

TwinDialog* TwinFixture::openDialog() {
  QTest::keyClick(window_.get(), Qt::Key_T, Qt::ControlModifier);
  auto* dialog = window_->findChild<TwinDialog*>();
  if (dialog == nullptr) qFatal("no dialog");
  if (!QTest::qWaitForWindowExposed(dialog)) qFatal("the dialog was not shown");
  return dialog;
}

void TwinFixture::chooseKernels() {
  type("side0Threads", 1);
  type("side1Threads", 1);
  click("side1More");
  click("side1Avoid:small");
  click("side1Avoid:onednn");
}

void TwinFixture::chooseRace(int batch, int epochs, int order) {
  type("side0Threads", 1);
  type("side1Threads", 1);
  click("modeRace");
  QTRY_VERIFY(child<NumberBox>("side1Batch")->isVisible());
  type("side1Batch", batch);
  type("raceLength", epochs);
  child<QComboBox>("raceOrder")->setCurrentIndex(order);
}

void TwinFixture::startLockStep(int steps, int every) {
  click("modeLockStep");
  type("lockSteps", steps);
  type("compareEvery", every);
  click("twinStart");
}

void TwinFixture::waitForEnd() {
  QTRY_VERIFY2_WITH_TIMEOUT(!twins().busy() && twins().viewModel() != nullptr && !twins().viewModel()->live,
                            qPrintable(child<MessageBar>("messageBar")->text()), kRunMs);
  QTest::qWait(1);
}

void TwinFixture::showTab(int tab) {
  child<QTabWidget>("twinTabs")->setCurrentIndex(tab);
}

QString TwinFixture::cell(const QString& table, int row, int column) {
  return child<QTableView>(table)->model()->index(row, column).data().toString();
}

void TwinFixture::clickRow(const QString& table, int row) {
  auto* view = child<QTableView>(table);
  view->scrollTo(view->model()->index(row, 0));
  QTest::mouseClick(view->viewport(), Qt::LeftButton, Qt::NoModifier,
                    view->visualRect(view->model()->index(row, 0)).center());
}

}  // namespace tandem::ui
