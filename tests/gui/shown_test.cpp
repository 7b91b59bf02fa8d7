// The window says what trains, what its messages are about, and what its commands act on.
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>

#include "tests/gui/lab_fixture.h"
#include "ui/models/format.h"
#include "ui/models/runs_model.h"
#include "ui/runs/runs_panel.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

class ShownTest : public LabFixture {
  Q_OBJECT

 private:
  MessageBar* runBar() { return child<MessageBar>("runBar"); }
  MessageBar* bar() { return child<MessageBar>("messageBar"); }
  QString page() { return child<QStackedWidget>("pages")->currentWidget()->objectName(); }
  void click(QWidget* root, const QString& name) {
    auto* button = test::find<QAbstractButton>(root, name);
    QVERIFY2(button->isVisible() && button->isEnabled(), qPrintable(name));
    QTest::mouseClick(button, Qt::LeftButton);
  }
  void startLongRun() {
    openMoons(100'000);
    document().undoStack()->setClean();
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 5, kRunMs);
  }
  void stop() {
    trigger("actionStop");
    QTRY_VERIFY_WITH_TIMEOUT(!controller().busy(), kRunMs);
  }
  QString cell(int row, int column) {
    return child<QTableView>("runsTable")->model()->index(row, column).data().toString();
  }

 private Q_SLOTS:
  void theWelcomePageLeadsBack() {
    QVERIFY(!child<QPushButton>("welcomeBack")->isVisible());
    openMoons(3);
    trigger("actionWelcome");
    QCOMPARE(page(), QString("welcomePage"));
    QVERIFY(child<QPushButton>("welcomeBack")->text().contains("Two moons"));
    click(window_.get(), "welcomeBack");
    QCOMPARE(page(), QString("workView"));
    QCOMPARE(document().training().epochs, 3);
    trigger("actionWelcome");
    trigger("actionWelcome");  // the same entry of the menu
    QCOMPARE(page(), QString("workView"));
    trigger("actionWelcome");
    QTest::keyClick(child<QWidget>("welcomePage"), Qt::Key_Escape);
    QCOMPARE(page(), QString("workView"));
  }

  void aRunIsControlledFromTheWelcomePage() {
    startLongRun();
    QVERIFY(!runBar()->isVisible());
    trigger("actionWelcome");
    QVERIFY(runBar()->isVisible());
    QVERIFY2(runBar()->text().contains("is training"), qPrintable(runBar()->text()));
    QVERIFY(child<QWidget>("mainToolBar")->isVisible());
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(!controller().paused(), kRunMs);
    stop();
    QVERIFY(!runBar()->isVisible());
    QCOMPARE(page(), QString("welcomePage"));
  }

  void anotherProjectThanTheOneInTraining() {
    startLongRun();
    const Network trained = document().network();
    QVERIFY(window_->openTemplate("Two spirals"));
    QVERIFY(runBar()->isVisible());
    QVERIFY2(runBar()->text().contains("not the project shown here"), qPrintable(runBar()->text()));
    test::screenshot(window_.get(), "other_project_trains");
    click(runBar(), "messageAction");
    QVERIFY(document().network() == trained);
    QVERIFY(!runBar()->isVisible());
    // An edit applies to the next run, and the bar says so.
    QVERIFY(
        document().setProperty(document().network().findByName("dense")->id, "units", std::int64_t{5}).ok());
    QVERIFY2(runBar()->isVisible() && runBar()->text().contains("next run"), qPrintable(runBar()->text()));
    document().undoStack()->undo();
    QVERIFY(!runBar()->isVisible());
    document().undoStack()->setClean();
    stop();
  }

  void aResumedRunOfAnotherProject() {
    startLongRun();
    stop();
    QVERIFY(window_->openTemplate("Two spirals"));
    clickRun(0);
    trigger("runResume");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training(), kRunMs);
    QVERIFY2(runBar()->isVisible() && runBar()->text().contains("not the project shown here"),
             qPrintable(runBar()->text()));
    click(runBar(), "messageAction");
    QCOMPARE(document().title(), QString("Two moons"));
    document().undoStack()->setClean();
    stop();
  }

  void aStoppedRunIsResumedFromItsMessage() {
    startLongRun();
    stop();
    QVERIFY2(bar()->isVisible() && bar()->text().contains("stopped after"), qPrintable(bar()->text()));
    const std::int64_t steps = controller().lastResult()->steps;
    click(bar(), "messageAction");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > steps, kRunMs);
    QVERIFY(!bar()->isVisible());
    stop();
  }

  void messagesGoWithTheirSubject() {
    openMoons(1);
    trainToEnd();
    QVERIFY(bar()->isVisible() && bar()->text().contains("Two moons"));
    document().undoStack()->setClean();
    trigger("actionNew");
    QVERIFY(!bar()->isVisible());  // a result over an empty project

    openMoons(1);
    trainToEnd();
    QVERIFY(bar()->isVisible());
    clickRun(0);
    trigger("runDelete");
    QVERIFY(!bar()->isVisible());

    const LayerId dense = document().network().findByName("logits")->id;
    QVERIFY(document().setProperty(dense, "units", std::int64_t{3}).ok());
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(bar()->isVisible() && !controller().busy(), kRunMs);
    QCOMPARE(bar()->kind(), MessageBar::Kind::Error);
    QVERIFY(document().setProperty(dense, "units", std::int64_t{2}).ok());
    QVERIFY(!bar()->isVisible());  // fixed

    window_->showWarning({ErrorCode::Io, "the log cannot be written", {}, {}});
    document().undoStack()->setClean();
    trigger("actionNew");
    QVERIFY(bar()->isVisible());  // about the window
  }

  void aPausedRunIsListedAsPaused() {
    startLongRun();
    QCOMPARE(cell(0, RunsModel::State), QString("running"));
    trigger("actionPause");
    QTRY_VERIFY_WITH_TIMEOUT(controller().paused(), kRunMs);
    QCOMPARE(cell(0, RunsModel::State), QString("paused"));
    trigger("actionPause");
    QTRY_COMPARE_WITH_TIMEOUT(cell(0, RunsModel::State), QString("running"), kRunMs);
    // No filter hides it.
    test::retype(child<QLineEdit>("runsSearch"), "no such run");
    QCOMPARE(child<QTableView>("runsTable")->model()->rowCount(), 1);
    stop();
    QTRY_COMPARE(child<QTableView>("runsTable")->model()->rowCount(), 0);
  }

  void runsOfASavedProjectHaveItsName() {
    Project project = *projectFromTemplate("Two moons");
    project.name.clear();
    project.training.epochs = 1;
    const QString file = folder_->filePath("my network.tandem");
    QVERIFY(saveProject(project, file.toStdString()).ok());
    QVERIFY(window_->openFile(file));
    trainToEnd();
    QVERIFY2(runs().runs().front().name.starts_with("my network"), runs().runs().front().name.c_str());
  }

  void theSelectedRunIsExported() {
    openMoons(1);
    trainToEnd();
    document().setName("second");
    trainToEnd();
    const QString first = toQString(runs().runs().back().name), last = toQString(runs().runs().front().name);
    auto* action = child<QAction>("actionExport");
    QVERIFY2(action->toolTip().contains(last), qPrintable(action->toolTip()));
    clickRun(1);
    QVERIFY2(action->toolTip().contains(first), qPrintable(action->toolTip()));
    const QString file = folder_->filePath("weights.h5");
    QString title;
    test::whenDialog({}, [&](QDialog* dialog) {
      title = dialog->windowTitle();
      dialog->findChild<QLineEdit*>("fileNameEdit")->setText(file);
      QMetaObject::invokeMethod(dialog, "accept", Qt::QueuedConnection);
    });
    action->trigger();
    QVERIFY2(title.contains(first), qPrintable(title));
    QTRY_VERIFY2(bar()->text().contains(first) && bar()->text().contains("exported"),
                 qPrintable(bar()->text()));
    QVERIFY(QFile::exists(file));
  }

  void errorsOfTheDataAreNotEscaped() {
    openMoons(1);
    DataSpec data = document().data();
    data.kind = DataKind::Csv;
    data.path = "/nowhere/a \"quoted\" & <b>odd</b>.csv";
    document().setData(data, "data");
    QTRY_VERIFY(document().dataError() && !document().probing());
    auto* result = child<QLabel>("dataResult");
    QVERIFY2(!result->text().contains("&quot;") && !result->text().contains("&amp;"),
             qPrintable(result->text()));
    QCOMPARE(result->textFormat(), Qt::PlainText);
  }

  // What a killed program loses: at most the last two seconds.
  void editsAreSavedForRecoverySoon() {
    openMoons(1);
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/recovery";
    const auto saved = [&] {
      QString all;
      for (const QFileInfo& entry : QDir(folder).entryInfoList({"*.json"}, QDir::Files)) {
        QFile file(entry.filePath());
        if (file.open(QIODevice::ReadOnly)) all += QString::fromUtf8(file.readAll());
      }
      return all;
    };
    document().setName("edited just now");
    QTRY_VERIFY_WITH_TIMEOUT(saved().contains("edited just now"), 2000);
    document().setName("and again");
    QTRY_VERIFY_WITH_TIMEOUT(saved().contains("and again"), 2000);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ShownTest)
#include "shown_test.moc"
