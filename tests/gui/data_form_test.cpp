// The data panel with a folder of pictures: notes, damaged pictures and stratification.
#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QTemporaryDir>

#include "tests/gui/desk.h"

namespace tandem::ui {

using test::find;

class DataFormTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void picturesThatAreSkippedAreNoted() {
    const QTemporaryDir folder;
    QImage picture(4, 4, QImage::Format_RGB888);
    picture.fill(Qt::red);
    for (const char* name : {"cat/1.png", "cat/2.png", "dog/1.png", "dog/old/2.png"}) {
      const QString file = folder.filePath(name);
      QVERIFY(QDir().mkpath(QFileInfo(file).path()));
      QVERIFY(picture.save(file));
    }
    QFile other(folder.filePath("dog/3.webp"));
    QVERIFY(other.open(QIODevice::WriteOnly));
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    source->setCurrentIndex(3);
    Q_EMIT source->activated(3);
    QVERIFY(desk.document.data().kind == DataKind::ImageFolder);
    auto* path = find<QLineEdit>(desk.inspector, "data_path");
    QTest::keyClicks(path, folder.path());
    QTest::keyClick(path, Qt::Key_Return);
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    const QString text = find<QLabel>(desk.inspector, "dataResult")->text();
    QVERIFY2(text.contains("neither PNG nor JPEG: dog (1 .webp)"), qPrintable(text));
    QVERIFY2(text.contains("belong to the class of the outer folder: dog (1)"), qPrintable(text));
  }

  void damagedPicturesAndStratificationAreSettings() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* skip = find<QCheckBox>(desk.inspector, "data_skip_damaged");
    QVERIFY(skip->isHidden());  // generated data has no pictures
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    source->setCurrentIndex(3);
    Q_EMIT source->activated(3);
    QVERIFY(!skip->isHidden());
    skip->click();
    QVERIFY(desk.document.data().skipDamaged);
    auto* stratify = find<QCheckBox>(desk.inspector, "data_stratify");
    QVERIFY(stratify->isChecked());
    stratify->click();
    QVERIFY(!desk.document.data().stratify);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.data().stratify);
    QVERIFY(stratify->isChecked());
    desk.document.undoStack()->undo();
    QVERIFY(!desk.document.data().skipDamaged);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::DataFormTest)
#include "data_form_test.moc"
