// The list of runs: search, sorting, editing, deletion and undo, import, and verification, with the mouse and
// keyboard.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QUrl>
#include <cmath>
#include <fstream>

#include "core/runs/run_file.h"
#include "core/runs/run_job.h"
#include "tests/gui/lab_fixture.h"
#include "tests/gui/recorded_runs.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::recorded;

class RunsTest : public RecordFixture {
  Q_OBJECT

 private:
  std::unique_ptr<RunsPanel> panel_;

  RunsModel& model() { return panel_->model(); }
  QTableView* table() { return test::find<QTableView>(panel_.get(), "runsTable"); }
  QAbstractItemModel* shown() { return table()->model(); }
  QAction* action(const QString& name) { return test::find<QAction>(panel_.get(), name); }
  MessageBar* bar(const QString& name) { return test::find<MessageBar>(panel_.get(), name); }
  void add(int from, int to) {
    for (int n = from; n <= to; ++n) QVERIFY(store_->add(recorded(n)).ok());
  }
  void show() {
    panel_ = std::make_unique<RunsPanel>(*store_);
    panel_->resize(1100, 400);
    panel_->show();
    QVERIFY(QTest::qWaitForWindowExposed(panel_.get()));
    panel_->refresh();
  }
  QPoint cell(int row, int column) {
    table()->scrollTo(shown()->index(row, column));
    return table()->visualRect(shown()->index(row, column)).center();
  }
  void click(int row, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    QTest::mouseClick(table()->viewport(), Qt::LeftButton, keys, cell(row, RunsModel::State));
  }
  QString nameAt(int row) { return shown()->index(row, RunsModel::Name).data().toString(); }
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> all;
    for (const RunSummary& run : model().runs()) all.push_back(run.id);
    return all;
  }
  // A real training run, so that it can be repeated.
  std::int64_t train() {
    RunRequest request;
    request.project = smallMoons();
    const auto job = std::move(*RunJob::prepare(request, *loadRun(request), store_.get()));
    job->start();
    if (job->finish().recordError) qFatal("the run was not recorded");
    return job->id();
  }

 private Q_SLOTS:
  void cleanup() {
    panel_.reset();
    RecordFixture::cleanup();
  }

  void refreshTouchesOnlyChangedRows() {
    add(1, 12);
    show();
    QAbstractItemModelTester tester(&model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy changed(&model(), &QAbstractItemModel::dataChanged);
    QSignalSpy inserted(&model(), &QAbstractItemModel::rowsInserted);
    QSignalSpy removed(&model(), &QAbstractItemModel::rowsRemoved);
    panel_->refresh();
    QVERIFY(changed.isEmpty() && inserted.isEmpty() && removed.isEmpty());
    QVERIFY(store_->rename(5, "other").ok());
    panel_->refresh();
    QCOMPARE(changed.size(), 1);
    for (const int id : {1, 4, 5, 6, 12}) QVERIFY(store_->remove(id).ok());
    add(13, 14);
    panel_->refresh();
    QCOMPARE(removed.size(), 3);  // contiguous ranges
    QCOMPARE(inserted.size(), 1);
    QCOMPARE(ids(), (std::vector<std::int64_t>{14, 13, 11, 10, 9, 8, 7, 3, 2}));
    for (const int id : {1, 5, 12}) QVERIFY(store_->restore(id).ok());
    panel_->refresh();
    QCOMPARE(ids(), (std::vector<std::int64_t>{14, 13, 12, 11, 10, 9, 8, 7, 5, 3, 2, 1}));
    const std::vector<RunSummary> recordedRuns = store_->list().value();
    for (const RunSummary& run : recordedRuns) QVERIFY(*model().runAt(model().rowOf(run.id)) == run);
  }

  void runsAreFilteredByWordsAndState() {
    add(1, 200);
    show();
    auto* search = test::find<QLineEdit>(panel_.get(), "runsSearch");
    QTest::keyClicks(search, "TENTH");
    QCOMPARE(shown()->rowCount(), 20);
    QTest::keyClicks(search, " round");  // from the notes; all words must match
    QCOMPARE(shown()->rowCount(), 2);
    QTest::keyClicks(search, " nowhere");
    QCOMPARE(shown()->rowCount(), 0);
    QVERIFY(test::find<QWidget>(panel_.get(), "runsEmpty")->isVisible());
    search->clear();
    QTest::keyClicks(search, "cuda");
    QCOMPARE(shown()->rowCount(), 100);
    auto* state = test::find<QComboBox>(panel_.get(), "runsState");
    state->setFocus();
    QTest::keyClicks(state, "stopped");
    QCOMPARE(shown()->rowCount(), 50);  // 4k + 1: all of them odd
    state->setCurrentIndex(state->findData(static_cast<int>(RunState::Finished)));
    QCOMPARE(shown()->rowCount(), 0);
    state->setCurrentIndex(0);
    search->clear();
    QTest::keyClicks(search, "interrupted");
    QCOMPARE(shown()->rowCount(), 50);
  }

  void namesFillTheRemainingWidth() {
    add(1, 3);
    show();
    const auto width = [&] { return table()->columnWidth(RunsModel::Name); };
    const int usual = table()->fontMetrics().horizontalAdvance("CIFAR-10 convolutional #12");
    panel_->resize(500, 400);
    QTRY_VERIFY(table()->width() <= 500);
    QVERIFY(width() >= usual);
    panel_->resize(2400, 400);
    QTRY_VERIFY(width() > 1200);
    QVERIFY(table()->horizontalHeader()->length() <= table()->viewport()->width());
    table()->setColumnWidth(RunsModel::Name, 300);  // as if dragged by the user
    panel_->resize(2000, 400);
    QTRY_VERIFY(table()->width() <= 2000);
    QCOMPARE(width(), 300);
  }

  void everyColumnSorts() {
    add(1, 120);
    show();
    auto* header = table()->horizontalHeader();
    for (int column = 0; column < RunsModel::ColumnCount; ++column) {
      table()->horizontalScrollBar()->setValue(0);
      table()->scrollTo(shown()->index(0, column));
      const QPoint title(header->sectionViewportPosition(column) + 8, header->height() / 2);
      QString first;
      for (int twice = 0; twice < 2; ++twice) {
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, title);
        QCOMPARE(header->sortIndicatorSection(), column);
        const bool descending = header->sortIndicatorOrder() == Qt::DescendingOrder;
        for (int row = 1; row < shown()->rowCount(); ++row) {
          const QVariant a = shown()->index(row - 1, column).data(RunsModel::kSortRole);
          const QVariant b = shown()->index(row, column).data(RunsModel::kSortRole);
          const QPartialOrdering order =
              a.typeId() == QMetaType::QString
                  ? (a.toString().localeAwareCompare(b.toString()) > 0 ? QPartialOrdering::Greater
                                                                       : QPartialOrdering::Less)
                  : QVariant::compare(a, b);
          if (a == b) continue;
          QVERIFY2(descending ? order == QPartialOrdering::Greater : order == QPartialOrdering::Less,
                   qPrintable(QString("column %1, row %2").arg(column).arg(row)));
        }
      }
    }
  }

  void namesTagsAndNotesAreEdited() {
    add(1, 3);
    show();
    const auto edit = [&](int column) {
      const QPoint at = cell(1, column);
      QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, at);
      QTest::mouseDClick(table()->viewport(), Qt::LeftButton, {}, at);
    };
    edit(RunsModel::Tags);
    auto* line = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    QVERIFY(line != nullptr && table()->isAncestorOf(line));
    QTest::keyClicks(line, "wide,  baseline,wide");
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_COMPARE(store_->info(2)->tags, (std::vector<std::string>{"wide", "baseline"}));
    QCOMPARE(shown()->index(1, RunsModel::Tags).data().toString(), QString("wide, baseline"));

    edit(RunsModel::Notes);
    auto* notes = table()->findChild<QPlainTextEdit*>("notesEditor");
    QVERIFY(notes != nullptr);
    QVERIFY(table()->viewport()->rect().contains(notes->geometry()));
    QTest::keyClicks(notes, "learned");
    QTest::keyClick(notes, Qt::Key_Return);
    QTest::keyClicks(notes, "well");
    QTest::keyClick(notes, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(store_->info(2)->notes, std::string("learned\nwell"));
    QCOMPARE(shown()->index(1, RunsModel::Notes).data().toString(), QString("learned well"));

    click(1);
    QTRY_VERIFY(table()->findChild<QPlainTextEdit*>("notesEditor") == nullptr);
    action("runRename")->trigger();
    line = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    QVERIFY(line != nullptr && table()->isAncestorOf(line));
    line->selectAll();
    QTest::keyClicks(line, "best");
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_COMPARE(store_->info(2)->name, std::string("best"));
    // A change that the store rejects is reported, and the cell keeps its value.
    QSignalSpy failed(panel_.get(), &RunsPanel::failed);
    QVERIFY(!model().setData(model().index(1, RunsModel::Tags), QString(200, 'x'), Qt::EditRole));
    QCOMPARE(failed.size(), 1);
    QCOMPARE(shown()->index(1, RunsModel::Tags).data().toString(), QString("wide, baseline"));
  }

  void deletionCanBeUndone() {
    add(1, 6);
    show();
    QVERIFY(!action("runDelete")->isEnabled());
    click(1);
    click(3, Qt::ShiftModifier);
    table()->setFocus();
    QTest::keyClick(table(), Qt::Key_Delete);
    QCOMPARE(shown()->rowCount(), 3);
    QVERIFY(bar("runsNotice")->isVisible());
    QVERIFY(bar("runsNotice")->text().contains("3 runs deleted."));
    auto* undo = test::find<QPushButton>(bar("runsNotice"), "messageAction");
    QCOMPARE(undo->text(), QString("Undo"));
    QTest::mouseClick(undo, Qt::LeftButton);
    QVERIFY(!bar("runsNotice")->isVisible());
    QCOMPARE(shown()->rowCount(), 6);
    QCOMPARE(table()->selectionModel()->selectedRows().size(), 3);
    QCOMPARE(store_->curves(4)->steps.size(), std::size_t{20});

    // Restoring later from the menu; deleting permanently.
    action("runDelete")->trigger();
    QVERIFY(action("runRestore")->text().contains('3'));
    action("runRestore")->trigger();
    QCOMPARE(shown()->rowCount(), 6);
    QVERIFY(!action("runRestore")->isEnabled());
    click(0);
    action("runDelete")->trigger();
    test::answer("emptyTrashQuestion", "Cancel");
    action("runEmptyTrash")->trigger();
    QCOMPARE(store_->trash()->size(), std::size_t{1});
    test::answer("emptyTrashQuestion", "Delete");
    action("runEmptyTrash")->trigger();
    QVERIFY(store_->trash()->empty());
    QVERIFY(!action("runEmptyTrash")->isEnabled());
  }

  void runFilesCanBeDropped() {
    add(1, 5);
    show();
    const QString good = folder_->filePath("other.tandemrun"), bad = folder_->filePath("bad.tandemrun");
    std::ofstream(good.toStdString()) << toJson(recorded(77));
    std::ofstream(bad.toStdString()) << "{}";
    test::find<QLineEdit>(panel_.get(), "runsSearch")->setText("nothing like it");
    QMimeData content;
    content.setUrls(
        {QUrl::fromLocalFile(good), QUrl::fromLocalFile(bad), QUrl::fromLocalFile("/etc/passwd")});
    QSignalSpy failed(panel_.get(), &RunsPanel::failed);
    test::drop(panel_.get(), QPoint(20, 20), content);
    QTRY_COMPARE_WITH_TIMEOUT(shown()->rowCount(), 6, kRunMs);
    QCOMPARE(failed.size(), 1);
    QVERIFY(toQString(failed.first().first().value<Error>().text()).contains("bad.tandemrun"));
    QCOMPARE(nameAt(0), QString("Net #77"));
    QCOMPARE(shown()->index(0, RunsModel::Device).data().toString(), QString("cuda:0 (imported)"));
    QCOMPARE(table()->selectionModel()->selectedRows().size(), 1);
    QVERIFY(bar("runsNotice")->text().contains("1 run imported."));
    // Export of the imported run.
    const QString again = folder_->filePath("again");
    test::chooseFile(again);
    action("runSaveRecord")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(bar("runsNotice")->text().contains("again.tandemrun"), kRunMs);
    const auto read = loadRun((again + ".tandemrun").toStdString());
    QVERIFY(read.ok());
    QCOMPARE(read->info.uid, recorded(77).info.uid);

    QMimeData text;
    text.setUrls({QUrl::fromLocalFile("/etc/passwd")});
    test::drop(panel_.get(), QPoint(20, 20), text);
    QCOMPARE(shown()->rowCount(), 6);
  }

  void runIsVerified() {
    const std::int64_t id = train();
    RecordedRun forged{*store_->info(id), *store_->curves(id)};
    forged.info.uid[0] = forged.info.uid[0] == 'a' ? 'b' : 'a';
    forged.curves.steps[6].values[0] *= 1.5F;
    QVERIFY(store_->add(forged).ok());
    show();
    click(1);
    QVERIFY(action("runVerify")->isEnabled());
    action("runVerify")->trigger();
    QVERIFY(!action("runVerify")->isEnabled());  // one at a time
    QVERIFY(test::find<QWidget>(panel_.get(), "verifyProgress")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(bar("runsVerdict")->isVisible(), kRunMs);
    QVERIFY2(bar("runsVerdict")->text().contains("bit-identical"), qPrintable(bar("runsVerdict")->text()));
    QCOMPARE(bar("runsVerdict")->kind(), MessageBar::Kind::Success);
    QVERIFY(!test::find<QWidget>(panel_.get(), "verifyProgress")->isVisible());
    test::screenshot(panel_.get(), "runs");

    click(0);
    action("runVerify")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(bar("runsVerdict")->kind(), MessageBar::Kind::Error, kRunMs);
    QVERIFY2(bar("runsVerdict")->text().contains("Failed at step 7"), qPrintable(bar("runsVerdict")->text()));

    panel_->setTrainingRun(id);
    QVERIFY(!action("runVerify")->isEnabled());
  }

  void verificationCanBeCancelled() {
    RecordedRun endless = recorded(1);
    endless.curves.steps.back().step = 1'000'000'000;
    Project project = smallMoons();
    project.training.epochs = 1'000'000;
    endless.info.projectJson = toJson(project);
    for (StepRecord& step : endless.curves.steps) step.values[0] = std::nanf("");
    QVERIFY(store_->add(endless).ok());
    show();
    click(0);
    action("runVerify")->trigger();
    auto* cancel = test::find<QPushButton>(panel_.get(), "verifyCancel");
    QTRY_VERIFY(cancel->isVisible());
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(action("runVerify")->isEnabled(), kRunMs);
    // Destroying the panel during a verification does not wait for its end.
    action("runVerify")->trigger();
    panel_.reset();
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::RunsTest)
#include "runs_test.moc"
