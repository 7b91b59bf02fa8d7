// Reports of runs selected in the list: saved as a web page or PDF, and opened.
#include <QDesktopServices>
#include <QFileInfo>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QUrl>

#include "core/base/file.h"
#include "core/report/run_report.h"
#include "tests/gui/lab_fixture.h"
#include "tests/gui/recorded_runs.h"
#include "ui/models/format.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/pdf_page.h"

namespace tandem::ui {

class RunReportTest : public RecordFixture {
  Q_OBJECT

 public Q_SLOTS:
  void opened(const QUrl& url) { opened_ = url; }

 private:
  std::unique_ptr<RunsPanel> panel_;
  QUrl opened_;

  QAction* report() { return test::find<QAction>(panel_.get(), "runReport"); }
  MessageBar* notice() { return test::find<MessageBar>(panel_.get(), "runsNotice"); }
  void click(int row, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    auto* table = test::find<QTableView>(panel_.get(), "runsTable");
    const QRect cell = table->visualRect(table->model()->index(row, RunsModel::State));
    QTest::mouseClick(table->viewport(), Qt::LeftButton, keys, cell.center());
  }
  QString textOf(const QString& file) {
    const auto text = readTextFile(file.toStdString(), 1 << 24);
    return text.ok() ? toQString(*text) : QString();
  }

 private Q_SLOTS:
  void init() {
    RecordFixture::init();
    for (int n = 1; n <= 3; ++n) QVERIFY(store_->add(test::recorded(n)).ok());
    panel_ = std::make_unique<RunsPanel>(*store_);
    panel_->resize(1100, 400);
    panel_->show();
    QVERIFY(QTest::qWaitForWindowExposed(panel_.get()));
    panel_->refresh();
  }
  void cleanup() {
    panel_.reset();
    RecordFixture::cleanup();
  }

  void selectedRunsAreSavedAsAWebPage() {
    QVERIFY(test::find<QTableView>(panel_.get(), "runsTable")->actions().contains(report()));
    QVERIFY(!report()->isEnabled());
    click(0);
    click(1, Qt::ControlModifier);
    QVERIFY(report()->isEnabled());
    const QString file = folder_->filePath("two");
    test::chooseFile(file);
    report()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(notice()->isVisible(), kRunMs);
    QVERIFY2(notice()->text().contains("two.html"), qPrintable(notice()->text()));
    const QString page = textOf(file + ".html");
    QVERIFY(page.contains("2 runs compared"));
    QVERIFY(page.contains("Net #3") && page.contains("Net #2") && !page.contains("Net #1"));
    const RunCurves curves = *store_->curves(3);
    QVERIFY(page.contains(
        QString("<td class=n>%1</td>").arg(static_cast<double>(curves.steps.back().values[0]), 0, 'g', 6)));

    QDesktopServices::setUrlHandler("file", this, "opened");
    QTest::mouseClick(test::find<QPushButton>(notice(), "messageAction"), Qt::LeftButton);
    QDesktopServices::unsetUrlHandler("file");
    QCOMPARE(opened_, QUrl::fromLocalFile(file + ".html"));

    // The next dialog starts in that folder and proposes the name of the run.
    click(2);
    QString folder, name;
    test::whenDialog({}, [&](QDialog* dialog) {
      auto* files = qobject_cast<QFileDialog*>(dialog);
      folder = files->directory().absolutePath();
      name = files->findChild<QLineEdit*>("fileNameEdit")->text();
      files->reject();
    });
    report()->trigger();
    QCOMPARE(folder, QFileInfo(folder_->path()).absoluteFilePath());
    QCOMPARE(name, QString("Net--1.html"));
    QVERIFY(!QFileInfo::exists(folder_->filePath("Net--1.html")));
  }

  void pdfContainsPagesAndVectorCharts() {
    click(0);
    click(1, Qt::ControlModifier);
    const QString file = folder_->filePath("two.pdf");
    test::whenDialog({}, [this](QDialog* dialog) {  // selects the file type instead of typing its suffix
      auto* files = qobject_cast<QFileDialog*>(dialog);
      files->selectNameFilter("PDF documents (*.pdf)");
      files->findChild<QLineEdit*>("fileNameEdit")->setText(folder_->filePath("two"));
      QMetaObject::invokeMethod(files, "accept", Qt::QueuedConnection);
    });
    report()->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(notice()->isVisible(), kRunMs);
    QFile pdf(file);
    QVERIFY(pdf.open(QFile::ReadOnly));
    const QByteArray bytes = pdf.readAll();
    QVERIFY(bytes.startsWith("%PDF-"));
    // The text cannot be searched, since it consists of subset glyphs. The test counts the pages and checks
    // that charts are vector graphics, not images.
    QVERIFY(bytes.count("/Type /Page\n") + bytes.count("/Type /Page\r") >= 2);
    QCOMPARE(bytes.count("/Subtype /Image"), 0);
    if (!qEnvironmentVariableIsEmpty("TANDEM_SCREENSHOTS"))
      QFile::copy(file, qEnvironmentVariable("TANDEM_SCREENSHOTS") + "/two.pdf");
  }

  void pdfOfManyRunsOffersAWebPage() {
    for (int n = 4; n <= 50; ++n) QVERIFY(store_->add(test::recorded(n)).ok());
    panel_->refresh();
    test::find<QTableView>(panel_.get(), "runsTable")->selectAll();
    const QString file = folder_->filePath("many.pdf");
    test::chooseFile(file);
    report()->trigger();
    QVERIFY(notice()->isVisible());
    QCOMPARE(notice()->kind(), MessageBar::Kind::Error);
    QVERIFY2(notice()->text().contains("limited to 8 runs, but 50 are selected"),
             qPrintable(notice()->text()));
    QVERIFY(!QFileInfo::exists(file));
    test::chooseFile(folder_->filePath("many"));
    QTest::mouseClick(test::find<QPushButton>(notice(), "messageAction"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(notice()->kind(), MessageBar::Kind::Success, kRunMs);
    QVERIFY(textOf(folder_->filePath("many.html")).contains("50 runs compared"));
  }

  // As many as the panel allows.
  void pdfOfEightRunsHasText() {
    std::vector<std::int64_t> ids{1, 2, 3};
    for (int n = 4; n <= 8; ++n) {
      QVERIFY(store_->add(test::recorded(n)).ok());
      ids.push_back(n);
    }
    const auto eight = pdfOf(*runReport(*store_, ids), true);
    QVERIFY(eight.ok());
    QVERIFY(eight->startsWith("%PDF-"));
  }

  void checkedRunsAreReportedIfNoneIsSelected() {
    auto& model = panel_->model();
    for (const int row : {0, 2})
      QVERIFY(model.setData(model.index(row, RunsModel::Name), Qt::Checked, Qt::CheckStateRole));
    QVERIFY(report()->isEnabled());
    QVERIFY(!test::find<QAction>(panel_.get(), "runCompare")->isEnabled());
    QVERIFY(
        test::find<QAction>(panel_.get(), "runCompare")->toolTip().contains("ticked runs are already shown"));
    const auto reported = [&](const QString& name) {
      test::chooseFile(folder_->filePath(name));
      notice()->hide();
      report()->trigger();
      return QTest::qWaitFor([&] { return notice()->isVisible(); }, kRunMs) ? textOf(folder_->filePath(name))
                                                                            : QString();
    };
    const auto names = [](const QString& page) {
      QString found;
      for (const char* n : {"1", "2", "3"})
        if (page.contains(QString("Net #%1").arg(n))) found += n;
      return found;
    };
    QCOMPARE(names(reported("ticked.html")), QString("13"));
    click(2);  // one of the checked runs
    QCOMPARE(names(reported("one.html")), QString("13"));
    click(1);  // a run that is not checked
    QCOMPARE(names(reported("other.html")), QString("2"));
    click(2, Qt::ControlModifier);
    QCOMPARE(names(reported("two.html")), QString("12"));
  }

  void reportOfAMissingRunFails() {
    click(0);
    QVERIFY(store_->remove(3).ok());  // by another window
    QSignalSpy failed(panel_.get(), &RunsPanel::failed);
    test::chooseFile(folder_->filePath("page.html"));
    report()->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, kRunMs);
    QVERIFY(toQString(failed.first().first().value<Error>().text()).contains("no run 3"));
    QVERIFY(!notice()->isVisible());
    QVERIFY(!QFileInfo::exists(folder_->filePath("page.html")));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::RunReportTest)
#include "run_report_test.moc"
