// Projects for the user's data: from the menu, the welcome page and by dropping a file.
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include "tests/gui/lab_fixture.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::answer, test::chooseFile, test::find, test::whenDialog;

class NewFromDataTest : public LabFixture {
  Q_OBJECT

 private:
  QString write(const QString& name, const QByteArray& content) {
    QFile file(folder_->filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size()) qFatal("cannot write");
    return file.fileName();
  }
  QString flowers(const QString& name = "flowers.csv") {
    QByteArray text = "length;width;species\n";
    for (int i = 0; i < 60; ++i)
      text += QByteArray::number(i % 7) + ",5;" + QByteArray::number(i % 5) + ",25;" +
              (i % 2 ? "iris" : "rose") + '\n';
    return write(name, text);
  }
  QString pictures() {
    QImage picture(8, 8, QImage::Format_Grayscale8);
    picture.fill(Qt::gray);
    for (const char* name : {"cat/1.png", "cat/2.png", "cat/3.png", "dog/1.png", "dog/2.png", "dog/3.png"}) {
      const QString file = folder_->filePath(QString("pictures/") + name);
      if (!QDir().mkpath(QFileInfo(file).path()) || !picture.save(file)) qFatal("cannot write");
    }
    return folder_->filePath("pictures");
  }
  QString message() { return find<QLabel>(child<MessageBar>("messageBar"), "messageText")->text(); }
  std::vector<std::string> layers() {
    std::vector<std::string> types;
    for (const Layer& layer : document().network().layers()) types.push_back(layer.type);
    return types;
  }
  // Drops a file as a file manager would.
  void dropFile(QWidget* widget, const QString& path) {
    QMimeData content;
    content.setUrls({QUrl::fromLocalFile(path)});
    test::drop(widget, widget->rect().center(), content);
  }
  void verifyFlowers() {
    QCOMPARE(layers(), (std::vector<std::string>{"input", "dense", "dense", "dense"}));
    QVERIFY(document().filePath().isEmpty());
    QCOMPARE(document().title(), QString("flowers"));
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("workView"));
    QCOMPARE(child<QTabWidget>("inspectorTabs")->currentIndex(), 1);
    QVERIFY2(message().contains("2 inputs, 2 classes (&quot;species&quot;): softmax cross-entropy"),
             qPrintable(message()));
    QTRY_VERIFY(!document().probing());
    QVERIFY(child<QLabel>("dataResult")->text().contains("The decimal separator is a comma"));
    QVERIFY(child<QTableView>("rowsTable")->isVisible());
    QVERIFY(document().analysis().problems.empty());
  }

 private Q_SLOTS:
  void noBuiltinDatasetKeepsThePath() {
    whenDialog("dataDialog", [&](QDialog* dialog) {
      auto* path = find<QLineEdit>(dialog, "newDataPath");
      auto* builtin = find<QComboBox>(dialog, "newDataBuiltin");
      path->setText("flowers.csv");
      Q_EMIT builtin->activated(0);
      QCOMPARE(path->text(), QString("flowers.csv"));
      builtin->setCurrentIndex(1);
      Q_EMIT builtin->activated(1);
      QVERIFY(path->text().startsWith("builtin:"));
      builtin->setCurrentIndex(0);
      Q_EMIT builtin->activated(0);
      QVERIFY(path->text().isEmpty());
      dialog->reject();
    });
    trigger("actionNewFromData");
  }

  void theMenuProposesAProjectForATable() {
    whenDialog("dataDialog",
               [&](QDialog* dialog) { test::enter(find<QLineEdit>(dialog, "newDataPath"), flowers()); });
    trigger("actionNewFromData");
    verifyFlowers();
  }

  void theWelcomePageProposesAProjectForAChosenFile() {
    const QString file = flowers();
    whenDialog("dataDialog", [&](QDialog* dialog) {
      chooseFile(file);
      QTest::mouseClick(find<QPushButton>(dialog, "newDataFile"), Qt::LeftButton);
      QCOMPARE(find<QLineEdit>(dialog, "newDataPath")->text(), file);
      QTest::mouseClick(find<QPushButton>(dialog, "newDataCreate"), Qt::LeftButton);
    });
    QTest::mouseClick(child<QPushButton>("welcomeData"), Qt::LeftButton);
    verifyFlowers();
  }

  void aTargetCanBeNamed() {
    whenDialog("dataDialog", [&](QDialog* dialog) {
      test::retype(find<QLineEdit>(dialog, "newDataTarget"), "length");
      test::enter(find<QLineEdit>(dialog, "newDataPath"), flowers());
    });
    trigger("actionNewFromData");
    QCOMPARE(document().data().targets, std::vector<std::string>{"length"});
    QVERIFY2(message().contains("a number to predict"), qPrintable(message()));
  }

  void severalTargetsCanBeNamed() {
    whenDialog("dataDialog", [&](QDialog* dialog) {
      test::retype(find<QLineEdit>(dialog, "newDataTarget"), "species, length");
      test::enter(find<QLineEdit>(dialog, "newDataPath"), flowers());
    });
    trigger("actionNewFromData");
    QCOMPARE(document().data().targets, (std::vector<std::string>{"length", "species"}));
    QCOMPARE(document().training().heads.size(), 2U);
    QTRY_VERIFY(!document().probing());
    QVERIFY(document().analysis().problems.empty());
    const QString text = child<QLabel>("dataResult")->text();
    QVERIFY2(text.contains("Target species: 2 classes") && text.contains("Target length: a number"),
             qPrintable(text));
  }

  void aFolderOfPicturesGetsAConvolution() {
    const QString folder = pictures();
    whenDialog("dataDialog",
               [&](QDialog* dialog) { test::enter(find<QLineEdit>(dialog, "newDataPath"), folder); });
    trigger("actionNewFromData");
    QVERIFY(document().data().kind == DataKind::ImageFolder);
    QVERIFY(std::ranges::count(layers(), "conv2d") > 0);
    QTRY_VERIFY(!document().probing());
    QVERIFY(document().analysis().problems.empty());
    QVERIFY(!child<QTableView>("rowsTable")->isVisible());
  }

  void whatCannotBeReadIsExplained() {
    openMoons(3);
    QVERIFY(document().save(folder_->filePath("moons.tandem")).ok());
    const QString empty = folder_->filePath("empty");
    QVERIFY(QDir().mkpath(empty));
    const std::pair<QString, QString> cases[] = {
        {"", "Enter the path of a table or a folder"},
        {folder_->filePath("missing.csv"), "missing.csv"},
        {empty, "neither images, texts nor IDX files"},
        {pictures() + "/cat/1.png", "single image"},
        {write("names.csv", "a,name\n1,x\n2,y\n1,x,z\n"), "names.csv:4"},
    };
    whenDialog("dataDialog", [&](QDialog* dialog) {
      for (const auto& [path, text] : cases) {
        auto* field = find<QLineEdit>(dialog, "newDataPath");
        test::retype(field, path.isEmpty() ? " " : path);
        QTest::keyClick(field, Qt::Key_Return);
        auto* create = find<QPushButton>(dialog, "newDataCreate");
        QTRY_VERIFY(create->isEnabled());
        auto* bar = find<MessageBar>(dialog, "dataMessage");
        QVERIFY2(bar->isVisible() && bar->text().contains(text), qPrintable(path + ": " + bar->text()));
        QVERIFY(dialog->isVisible());
      }
      // A target needs a table.
      test::retype(find<QLineEdit>(dialog, "newDataTarget"), "x");
      test::enter(find<QLineEdit>(dialog, "newDataPath"), folder_->filePath("pictures"));
      auto* bar = find<MessageBar>(dialog, "dataMessage");
      QTRY_VERIFY(bar->text().contains("only a table has a target column"));
      QTest::keyClick(dialog, Qt::Key_Escape);
    });
    trigger("actionNewFromData");
    QCOMPARE(document().title(), QString("moons"));
  }

  // The settings of a refused table are corrected in the data panel, and apply to the proposal.
  void aRefusedTableIsCorrectedInTheDataPanel() {
    QByteArray text = "size,code,kind\n";
    for (int i = 0; i < 60; ++i)
      text += QByteArray::number(i) + (i == 55 ? ",oops," : ",7,") + (i % 2 ? "a\n" : "b\n");
    const QString file = write("codes.csv", text);
    whenDialog("dataDialog", [&](QDialog* dialog) {
      test::enter(find<QLineEdit>(dialog, "newDataPath"), file);
      auto* show = find<QPushButton>(dialog, "messageAction");
      QTRY_VERIFY(show->isVisible());
      QVERIFY(find<MessageBar>(dialog, "dataMessage")->text().contains("oops"));
      QTest::mouseClick(show, Qt::LeftButton);
    });
    trigger("actionNewFromData");
    QVERIFY(document().network().layers().empty());
    QCOMPARE(document().title(), QString("codes"));
    QVERIFY2(message().contains("no network for codes.csv"), qPrintable(message()));
    QTRY_VERIFY(!document().probing());
    auto* table = child<QTableView>("rowsTable");
    QCOMPARE(table->model()->index(50, 1).data().toString(), QString("oops"));
    QHeaderView* header = table->horizontalHeader();
    const test::Menu menu(header->viewport(), {header->sectionViewportPosition(1) + 8, 8}, "columnIgnored");
    QTRY_VERIFY(!document().probing() && !document().dataError());
    whenDialog("dataDialog", [&](QDialog* dialog) {
      QCOMPARE(find<QLineEdit>(dialog, "newDataPath")->text(), file);
      QTest::mouseClick(find<QPushButton>(dialog, "newDataCreate"), Qt::LeftButton);
    });
    QTest::mouseClick(find<QPushButton>(child<MessageBar>("messageBar"), "messageAction"), Qt::LeftButton);
    QCOMPARE(document().data().ignore, std::vector<std::string>{"code"});
    QCOMPARE(layers().size(), std::size_t{4});
    QVERIFY2(message().contains("1 input, 2 classes"), qPrintable(message()));
  }

  void readingCanBeCancelled() {
    whenDialog("dataDialog", [&](QDialog* dialog) {
      auto* path = find<QLineEdit>(dialog, "newDataPath");
      test::enter(path, flowers());
      auto* progress = find<QProgressBar>(dialog, "newDataProgress");
      QVERIFY(progress->isVisible() && !path->isEnabled());
      QTest::keyClick(dialog, Qt::Key_Escape);
      QVERIFY(dialog->isVisible() && !progress->isVisible() && path->isEnabled());
      QTest::qWait(100);  // a late result is ignored
      QVERIFY(dialog->isVisible());
      QTest::mouseClick(find<QPushButton>(dialog, "newDataCancel"), Qt::LeftButton);
    });
    trigger("actionNewFromData");
    QVERIFY(document().network().layers().empty());
    QCOMPARE(child<QStackedWidget>("pages")->currentWidget()->objectName(), QString("welcomePage"));
  }

  void unsavedChangesAreAskedAbout() {
    openMoons(3);
    answer("unsavedQuestion", "Cancel");
    trigger("actionNewFromData");  // would wait for an answer to its dialog
    QCOMPARE(document().training().epochs, 3);
  }

  void droppedDataBecomesAProject() {
    for (const char* target : {"welcomePage", "canvas", "lossPlot"}) {
      auto* widget = child<QWidget>(target);
      auto* area = qobject_cast<QAbstractScrollArea*>(widget);
      document().newEmpty();
      dropFile(area != nullptr ? area->viewport() : widget, flowers());
      QTRY_COMPARE(document().title(), QString("flowers"));
      QVERIFY(message().contains("2 classes"));
    }
    verifyFlowers();
    // What cannot be read is explained in the dialog.
    const QString broken = write("broken.csv", "a,b\n1,x\n1\n");
    bool explained = false;
    whenDialog("dataDialog", [&](QDialog* dialog) {
      auto* bar = find<MessageBar>(dialog, "dataMessage");
      QTRY_VERIFY(bar->isVisible());
      explained = bar->text().contains("broken.csv:3");
      QCOMPARE(find<QLineEdit>(dialog, "newDataPath")->text(), broken);
      dialog->reject();
    });
    dropFile(window_.get(), broken);
    QTRY_VERIFY(explained);
  }

  void aDroppedProjectIsOpened() {
    openMoons(3);
    const QString file = folder_->filePath("moons.tandem");
    QVERIFY(document().save(file).ok());
    document().newEmpty();
    dropFile(window_.get(), file);
    QTRY_COMPARE(document().filePath(), file);
    // Several files at once are not accepted.
    QMimeData two;
    two.setUrls({QUrl::fromLocalFile(file), QUrl::fromLocalFile(flowers())});
    QDragEnterEvent enter({5, 5}, Qt::CopyAction, &two, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    QVERIFY(!enter.isAccepted());
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::NewFromDataTest)
#include "new_from_data_test.moc"
