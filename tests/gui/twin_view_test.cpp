// The course of a twin run in the window: choosing the sides, errors, pausing, stopping, saving and closing.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>

#include "core/runtime/registry.h"
#include "tests/gui/twin_fixture.h"
#include "ui/compare/sides_model.h"
#include "ui/compare/tiles_view.h"
#include "ui/compare/twin_dialog.h"
#include "ui/compare/twins_panel.h"
#include "ui/models/format.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::answer, test::chooseFile;

class TwinViewTest : public TwinFixture {
  Q_OBJECT

 private Q_SLOTS:
  void invalidRecordIsReported() {
    openSpirals();
    const QString file = folder_->filePath("bad.tandemtwin");
    QFile bad(file);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("{\"tandem_twin\": 1, \"sides\": 3}");
    bad.close();
    child<QDockWidget>("twinDock")->show();
    chooseFile(file);
    click("twinOpenRecord");
    auto* bar = child<MessageBar>("messageBar");
    QTRY_VERIFY(bar->isVisible());
    QCOMPARE(bar->kind(), MessageBar::Kind::Error);
    QVERIFY2(bar->text().contains("bad.tandemtwin"), qPrintable(bar->text()));
    QVERIFY(twins().viewModel() == nullptr);
    // Opening a valid project clears the error.
    answer("unsavedQuestion", "Discard");
    QVERIFY(window_->openTemplate("Two moons"));
    QVERIFY(!bar->isVisible());
  }

  void unavailableDeviceSaysWhy() {
    openSpirals();
    std::vector<DeviceInfo> devices = DeviceRegistry::instance().devices();
    DeviceInfo gpu;
    gpu.id = "cuda:0";
    gpu.name = "NVIDIA Test";
    gpu.usable = false;
    gpu.reason = "The driver is too old: update it";
    devices.push_back(gpu);
    window_->setDevices(devices);
    openDialog();
    auto* box = child<QComboBox>("side1Device");
    QCOMPARE(box->currentData().toString(), QString("cpu"));  // not selected by default
    const int row = box->findData("cuda:0");
    QVERIFY(row >= 0);
    QVERIFY(!qobject_cast<QStandardItemModel*>(box->model())->item(row)->isEnabled());
    QVERIFY(box->itemData(row, Qt::ToolTipRole).toString().contains("driver is too old"));
    QVERIFY(child<QLabel>("unusableDevices")->isVisible());
    QVERIFY(child<QLabel>("unusableDevices")->text().contains("driver is too old"));
    // If it is selected anyway, the dialog reports an error.
    box->setCurrentIndex(row);
    click("twinStart");
    QTRY_VERIFY(child<MessageBar>("twinMessage")->isVisible());
    QVERIFY(child<MessageBar>("twinMessage")->text().contains("driver is too old"));
    QVERIFY(!twins().busy());
  }

  void errorsAtTheStartAreShownInTheDialog() {
    openSpirals();
    DataSpec data = document().data();
    data.kind = DataKind::Csv;
    data.path = folder_->filePath("missing.csv").toStdString();
    document().setData(data, "another file");
    openDialog();
    startLockStep(5, 5);
    auto* bar = child<MessageBar>("twinMessage");
    QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible(), kRunMs);
    QVERIFY2(bar->text().contains("missing.csv"), qPrintable(bar->text()));
    QVERIFY(!twins().busy());
    QVERIFY(child<QPushButton>("twinStart")->isEnabled());
    QVERIFY(!child<QDockWidget>("twinDock")->isVisible());
  }

  void sidesAreAddedAndRemoved() {
    openSpirals();
    TwinDialog* dialog = openDialog();
    QVERIFY(!child<QAbstractButton>("side0Remove")->isEnabled());
    for (int i = 2; i < 8; ++i) click("addSide");
    QTest::qWait(20);  // new rows are shown by the event loop
    QVERIFY(!child<QPushButton>("addSide")->isEnabled());
    // Start stays on the screen, however many sides there are.
    for (int i = 0; i < 8; ++i) click(QString("side%1More").arg(i));
    QTest::qWait(100);
    const QRect screen = dialog->screen()->availableGeometry();
    auto* start = child<QPushButton>("twinStart");
    QVERIFY(start->mapToGlobal(QPoint(0, start->height())).y() <= screen.bottom() + 1);
    QVERIFY(dialog->height() <= screen.height());
    const QWidget* sides = child<QScrollArea>("twinSides")->widget();
    QVERIFY(sides->height() >= sides->sizeHint().height());  // scrolled, not squeezed
    test::screenshot(dialog, "twin_dialog_eight");
    for (int i = 0; i < 5; ++i) click("side1Remove");
    QVERIFY(dialog->findChild<QComboBox*>("side2Device") != nullptr);
    QVERIFY(dialog->findChild<QComboBox*>("side3Device") == nullptr);
    startLockStep(2, 2);
    waitForEnd();
    QCOMPARE(record().sides.size(), std::size_t{3});
    showTab(1);
    QCOMPARE(child<QComboBox>("paritySide")->count(), 2);
  }

  void pauseStopAndSave() {
    openSpirals();
    openDialog();
    chooseKernels();
    startLockStep(1'000'000, 100);
    QTRY_VERIFY_WITH_TIMEOUT(twins().running() && twins().viewModel()->sides[0].step > 20, kRunMs);
    QVERIFY(!child<QAction>("actionTrain")->isEnabled());
    click("twinPause");
    QTest::qWait(150);
    const std::int64_t at = twins().viewModel()->sides[0].step;
    QTest::qWait(100);
    QCOMPARE(twins().viewModel()->sides[0].step, at);
    QCOMPARE(cell("sidesTable", SidesModel::State, 0), QString("paused"));
    click("twinPause");
    QTRY_VERIFY_WITH_TIMEOUT(twins().viewModel()->sides[0].step > at, kRunMs);
    // Asking for values during the run pauses it for the answer.
    showTab(1);
    QTRY_VERIFY_WITH_TIMEOUT(child<QTableView>("parityTable")->model()->rowCount() > 0, kRunMs);
    clickRow("parityTable", 1);
    click("parityValues");
    QTRY_VERIFY_WITH_TIMEOUT(child<TilesView>("valuesReference")->isVisible(), kRunMs);
    const std::int64_t asked = twins().viewModel()->sides[0].step;
    QTRY_VERIFY_WITH_TIMEOUT(twins().viewModel()->sides[0].step > asked, kRunMs);
    // Closing the view does not stop the twin run.
    child<QDockWidget>("twinDock")->hide();
    QVERIFY(twins().running());
    QVERIFY(child<QDockWidget>("plotsDock")->isVisible());
    QVERIFY(child<MessageBar>("messageBar")->text().contains("continues"));
    const std::int64_t closed = twins().viewModel()->sides[0].step;
    QTRY_VERIFY_WITH_TIMEOUT(twins().viewModel()->sides[0].step > closed, kRunMs);
    child<QAction>("actionTwin")->trigger();  // shows the running twin run
    QVERIFY(child<QDockWidget>("twinDock")->isVisible());
    click("twinStop");
    waitForEnd();
    showTab(0);
    QCOMPARE(cell("sidesTable", SidesModel::State, 0), QString("stopped"));
    QVERIFY(record().sides[0].curve.steps.back() < 1'000'000);
    QVERIFY(QFile::exists(twins().viewModel()->file));
    QVERIFY(child<QAction>("actionTrain")->isEnabled());
  }

  void recordIsOpenedLikeAProject() {
    openSpirals();
    openDialog();
    startLockStep(3, 3);
    waitForEnd();
    const QString file = folder_->filePath("saved.tandemtwin");
    QVERIFY(QFile::copy(twins().viewModel()->file, file));
    // A new window, which shows the welcome page.
    window_ = std::make_unique<MainWindow>(*store_);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    QVERIFY(!window_->openFile(folder_->filePath("missing.tandem")));
    auto* bar = child<MessageBar>("messageBar");
    QVERIFY(bar->isVisible());
    QVERIFY(window_->openFile(file));
    QTRY_VERIFY_WITH_TIMEOUT(child<QDockWidget>("twinDock")->isVisible(), kRunMs);
    QCOMPARE(record().sides.size(), std::size_t{2});
    QVERIFY(!bar->isVisible());
  }

  void startingARunShowsThePlotsAgain() {
    openSpirals();
    openDialog();
    startLockStep(3, 3);
    waitForEnd();
    QVERIFY(child<QDockWidget>("twinDock")->isVisible());
    QVERIFY(!child<QDockWidget>("plotsDock")->isVisible());
    trainToEnd();
    QVERIFY(!child<QDockWidget>("twinDock")->isVisible());
    QVERIFY(child<QDockWidget>("plotsDock")->isVisible());
    QVERIFY(child<QDockWidget>("runsDock")->isVisible());
  }

  void savedTwinRunsAreListedOpenedAndDeleted() {
    openSpirals();
    openDialog();
    startLockStep(3, 3);
    waitForEnd();
    showTab(3);
    TwinsModel& model = child<TwinsPanel>("twinsPanel")->model();
    QAbstractItemModelTester tester(&model);
    QTRY_COMPARE(model.rowCount(), 1);
    QCOMPARE(model.index(0, TwinsModel::Name).data().toString(), QString("Two spirals"));
    QCOMPARE(model.index(0, TwinsModel::Mode).data().toString(), QString("lock-step"));
    test::screenshot(window_.get(), "twin_saved");
    clickRow("twinsTable", 0);
    QSignalSpy opened(&twins(), &TwinController::opened);
    child<QAction>("twinOpen")->trigger();
    QVERIFY(opened.wait(kRunMs));
    QCOMPARE(twins().viewModel()->record.sides.size(), std::size_t{2});
    showTab(3);
    clickRow("twinsTable", 0);
    answer("deleteTwinsQuestion", "Cancel");
    child<QAction>("twinDelete")->trigger();
    QCOMPARE(model.rowCount(), 1);
    const QString file = toQString(model.at(0)->file.string());
    answer("deleteTwinsQuestion", "Delete");
    child<QAction>("twinDelete")->trigger();
    QTRY_COMPARE(model.rowCount(), 0);
    QVERIFY(!QFile::exists(file));
  }

  void closingTheWindowAsksAndStops() {
    openSpirals();
    QVERIFY(document().save(folder_->filePath("spirals.tandem")).ok());  // otherwise, it also asks to save
    openDialog();
    startLockStep(1'000'000, 1000);
    QTRY_VERIFY_WITH_TIMEOUT(twins().running() && twins().viewModel()->sides[0].step > 5, kRunMs);
    answer("stopQuestion", "Keep training");
    window_->close();
    QVERIFY(window_->isVisible());
    QVERIFY(twins().running());
    answer("stopQuestion", "Stop and close");
    window_->close();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), kRunMs);
    QVERIFY(QFile::exists(twins().viewModel()->file));
  }

  void canBeCancelledWhileLoading() {
    openSpirals();
    TwinDialog* dialog = openDialog();
    startLockStep(5, 5);
    QCOMPARE(twins().phase(), TwinController::Phase::Loading);  // starting does not block
    QTest::mouseClick(test::find<QPushButton>(dialog, "twinCancel"), Qt::LeftButton);
    QVERIFY(!twins().busy());
    QTest::qWait(300);
    QVERIFY(!twins().busy());
    QVERIFY(twins().viewModel() == nullptr);
    QVERIFY(dialog->isVisible());
    QVERIFY(test::find<QPushButton>(dialog, "twinStart")->isEnabled());
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::TwinViewTest)
#include "twin_view_test.moc"
