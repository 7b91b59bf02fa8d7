// The data panel: a folder of pictures with notes, damaged pictures, stratification, several targets, and
// texts.
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QStringList>
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

  // Of a project that is opened right after another one.
  void onlyTheNewestDataIsReported() {
    Desk desk;
    QTRY_VERIFY(!desk.document.probing());
    ProjectDocument& document = desk.document;
    int changes = 0;
    QStringList read;
    connect(&document, &ProjectDocument::dataInfoChanged, &document, [&] {
      if (document.dataInfo()) read << QString::fromStdString(document.dataInfo()->name);
      // The first change is the new project, the second one the start of reading its data.
      if (++changes == 2) document.setProject(*projectFromTemplate("Waves: different lengths"));
    });
    document.setProject(*projectFromTemplate("Two spirals"));
    QTRY_VERIFY(changes > 2 && !document.probing());
    QCOMPARE(read, QStringList("waves"));
  }

  void masksMakeClassesOfPixels() {
    const QTemporaryDir folder;
    QImage picture(6, 4, QImage::Format_RGB888), mask(6, 4, QImage::Format_Grayscale8);
    picture.fill(Qt::red);
    mask.fill(0);
    mask.scanLine(1)[1] = 3;
    for (const char* name : {"photos/1.png", "photos/2.png", "truth/1.png", "truth/2_mask.png"}) {
      const QString file = folder.filePath(name);
      QVERIFY(QDir().mkpath(QFileInfo(file).path()));
      QVERIFY((file.contains("truth") ? mask : picture).save(file));
    }
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    DataSpec spec;
    spec.kind = DataKind::ImageFolder;
    spec.path = folder.filePath("photos").toStdString();
    desk.document.setData(spec, "images");
    auto* masks = find<QLineEdit>(desk.inspector, "data_masks");
    QTest::keyClicks(masks, folder.filePath("truth"));
    QTest::keyClick(masks, Qt::Key_Return);
    QCOMPARE(desk.document.data().masks, folder.filePath("truth").toStdString());
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    const auto& target = desk.document.dataInfo()->targets[0];
    QCOMPARE(target.sample, (Shape{32, 32}));
    QCOMPARE(target.classNames, (std::vector<std::string>{"class 0", "class 3"}));
    QVERIFY(find<QLabel>(desk.inspector, "dataResult")->text().contains("class 3"));
  }

  void targetsAreAListOfColumns() {
    using Names = std::vector<std::string>;
    const QTemporaryDir folder;
    QFile file(folder.filePath("flowers.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("leaf,\"height, cm\",kind\n1,4.5,a\n2,5.5,b\n3,6.5,a\n4,7.5,b\n");
    file.close();
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.path = file.fileName().toStdString();
    spec.numbers = {"height, cm"};
    desk.document.setData(spec, "table");
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    auto* result = find<QLabel>(desk.inspector, "dataResult");
    QVERIFY2(result->text().contains("<br>2 classes: a, b"), qPrintable(result->text()));
    QVERIFY2(!result->text().contains("Target "), qPrintable(result->text()));
    auto* targets = find<QLineEdit>(desk.inspector, "data_target");
    test::enter(targets, "kind, \"height, cm\"");
    QCOMPARE(desk.document.data().targets, (Names{"kind", "height, cm"}));
    QCOMPARE(targets->text(), QString("kind, \"height, cm\""));
    QCOMPARE(find<QLineEdit>(desk.inspector, "table_numbers")->text(), QString("\"height, cm\""));
    QTRY_VERIFY(!desk.document.probing());
    QVERIFY2(result->text().contains("Target kind: 2 classes: a, b"), qPrintable(result->text()));
    QVERIFY2(result->text().contains("Target height, cm: a number"), qPrintable(result->text()));
    test::enter(targets, "kind, \"height");
    QCOMPARE(desk.document.data().targets, (Names{"kind", "height, cm"}));
    auto* note = find<QLabel>(&desk.window, "fieldNote");
    QVERIFY2(note->text().contains("quotes"), qPrintable(note->text()));
    QTest::keyClick(targets, Qt::Key_Escape);
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.data() == spec);
    QCOMPARE(targets->text(), QString());
  }

  void rowsOfATableCanFormSeries() {
    const QTemporaryDir folder;
    QFile file(folder.filePath("load.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("time,sensor,load\n");
    for (int i = 0; i < 120; ++i)
      file.write(QByteArray::number(i) + (i < 60 ? ",a," : ",b,") + QByteArray::number(i) + "\n");
    file.close();
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* form = find<QWidget>(desk.inspector, "seriesForm");
    QVERIFY(form->isHidden());  // generated data
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.path = file.fileName().toStdString();
    spec.classification = false;
    desk.document.setData(spec, "table");
    QVERIFY(!form->isHidden());
    auto* samples = find<QComboBox>(desk.inspector, "series_samples");
    auto* horizon = find<QWidget>(desk.inspector, "series_horizon");
    auto* group = find<QLineEdit>(desk.inspector, "series_group");
    QVERIFY(horizon->isHidden() && group->isHidden());
    samples->setCurrentIndex(1);
    Q_EMIT samples->activated(1);
    QCOMPARE(desk.document.data().series.steps, std::int64_t{24});
    QVERIFY(!horizon->isHidden() && !group->isHidden());
    test::enter(group, "sensor");
    test::enter(find<QLineEdit>(desk.inspector, "series_order"), "time");
    QCOMPARE(desk.document.data().series.group, std::string("sensor"));
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    const QString text = find<QLabel>(desk.inspector, "dataResult")->text();
    QVERIFY2(text.contains("Each sample is a window of 24 rows"), qPrintable(text));
    QVERIFY2(text.contains("The split is by time in each series"), qPrintable(text));
    samples->setCurrentIndex(2);
    Q_EMIT samples->activated(2);
    QVERIFY(desk.document.data().series.whole);
    QVERIFY(horizon->isHidden());
    samples->setCurrentIndex(0);
    Q_EMIT samples->activated(0);
    QVERIFY(desk.document.data().series == SeriesSpec());
    desk.document.undoStack()->undo();  // of both changes, which follow each other
    QCOMPARE(samples->currentIndex(), 1);
    QCOMPARE(group->text(), QString("sensor"));
    auto* each = find<QCheckBox>(desk.inspector, "series_each_step");
    QVERIFY(each->isHidden());
    samples->setCurrentIndex(2);
    Q_EMIT samples->activated(2);
    QVERIFY(!each->isHidden() && !each->isChecked());
    each->setChecked(true);
    QVERIFY(desk.document.data().series.eachStep);
    samples->setCurrentIndex(1);
    Q_EMIT samples->activated(1);
    QVERIFY(each->isHidden());
    QVERIFY(!desk.document.data().series.eachStep);
  }

  void textsOfAFolderAreShownWithTheirSettings() {
    const QTemporaryDir folder;
    for (const auto& [name, text] : {std::pair("bad/1.txt", "not good"), std::pair("good/1.txt", "good")}) {
      const QString path = folder.filePath(name);
      QVERIFY(QDir().mkpath(QFileInfo(path).path()));
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(text);
    }
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* form = find<QWidget>(desk.inspector, "textForm");
    QVERIFY(form->isHidden());
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    source->setCurrentIndex(6);
    Q_EMIT source->activated(6);
    QVERIFY(desk.document.data().kind == DataKind::TextFolder);
    QVERIFY(!form->isHidden());
    QVERIFY(find<QWidget>(desk.inspector, "text_stride")->isHidden());
    DataSpec spec = desk.document.data();
    spec.path = folder.path().toStdString();
    desk.document.setData(spec, "folder");
    QTRY_VERIFY(desk.document.dataInfo().has_value() && !desk.document.probing());
    const QString text = find<QLabel>(desk.inspector, "dataResult")->text();
    QVERIFY2(text.contains("Tokens: &lt;padding&gt;, &lt;unknown&gt;, good, not"), qPrintable(text));
    QVERIFY2(text.contains("Texts are read as words: 2 different ones"), qPrintable(text));
    auto* unit = find<QComboBox>(desk.inspector, "text_unit");
    unit->setCurrentIndex(1);
    Q_EMIT unit->activated(1);
    QVERIFY(desk.document.data().text.unit == TextUnit::Characters);
    find<QCheckBox>(desk.inspector, "text_lower_case")->click();
    QVERIFY(!desk.document.data().text.lowerCase);
    QTRY_VERIFY(find<QLabel>(desk.inspector, "dataResult")->text().contains("read as characters"));
    source->setCurrentIndex(7);
    Q_EMIT source->activated(7);
    QVERIFY(desk.document.data().kind == DataKind::TextFile);
    QVERIFY(!find<QWidget>(desk.inspector, "text_stride")->isHidden());
  }

  void builtInDatasetsAreChosenByName() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    auto* set = find<QComboBox>(desk.inspector, "data_builtin");
    QVERIFY(set->isHidden());
    source->setCurrentIndex(0);
    Q_EMIT source->activated(0);
    QVERIFY(!set->isHidden());
    QCOMPARE(desk.document.data().path, std::string("builtin:fashion-mnist"));
    QVERIFY(desk.document.data().kind == DataKind::Idx);
    QVERIFY(find<QWidget>(desk.inspector, "data_target")->isHidden());
    find<QCheckBox>(desk.inspector, "data_stratify")->click();
    const int series = set->findData("builtin:sunspots");
    QVERIFY(series > 0);
    set->setCurrentIndex(series);
    Q_EMIT set->activated(series);
    const DataSpec& data = desk.document.data();
    QCOMPARE(data.path, std::string("builtin:sunspots"));
    QVERIFY(data.kind == DataKind::Csv && data.series.isWindows() && !data.classification);
    QVERIFY2(!data.stratify, "the split stays");
    QVERIFY(!find<QWidget>(desk.inspector, "data_target")->isHidden());
    QTRY_VERIFY(!desk.document.probing());
    if (const auto& error = desk.document.dataError())
      QVERIFY2(error->text().find("sudo apt install python3-statsmodels") != std::string::npos,
               error->text().c_str());
    source->setCurrentIndex(2);
    Q_EMIT source->activated(2);
    QVERIFY(desk.document.data().path.empty() && !desk.document.data().series.isSet());
    source->setCurrentIndex(8);
    Q_EMIT source->activated(8);
    QVERIFY(desk.document.data().kind == DataKind::Cifar && set->isHidden());
    desk.document.undoStack()->undo();  // both changes of the source, which follow each other
    QCOMPARE(set->currentIndex(), series);
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
