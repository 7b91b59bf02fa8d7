// The rows of a table in the data panel, and the menu of a column.
#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>

#include "tests/gui/desk.h"
#include "ui/data/rows_model.h"

namespace tandem::ui {

using test::find;

namespace {

constexpr auto kFlowers =
    "id,size,colour,kind\n1,1.5,red,a\n2,2.5,blue,b\n3,,red,a\n4,4.5,blue,b\n5,5.5,red,a\n";

// The data panel with a table.
struct TableDesk : Desk {
  QTemporaryDir folder;
  QTableView* table = find<QTableView>(inspector, "rowsTable");

  explicit TableDesk(const QByteArray& text = kFlowers) {
    inspector->showPage(InspectorPanel::Data);
    open("table.csv", text);
  }
  void open(const QString& name, const QByteArray& text) {
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("cannot write");
    file.close();
    DataSpec spec;
    spec.kind = DataKind::Csv;
    spec.path = file.fileName().toStdString();
    document.setData(spec, "table");
    if (!QTest::qWaitFor([&] { return !document.probing(); })) qFatal("the table is not read");
  }
  void settle() {
    if (!QTest::qWaitFor([&] { return !document.probing(); })) qFatal("the table is not read");
  }
  QString cell(int row, int column) { return table->model()->index(row, column).data().toString(); }
  QString use(int column) {
    return table->model()->headerData(column, Qt::Horizontal, RowsModel::UseRole).toString();
  }
  // Opens the menu of the column with the right mouse button on its header.
  test::Menu menu(int column, const QString& choose = {}) {
    QHeaderView* header = table->horizontalHeader();
    table->scrollTo(table->model()->index(0, column));
    return test::Menu(header->viewport(), {header->sectionViewportPosition(column) + 8, 8}, choose);
  }
  // Chooses from the menu that is about to open, by a key.
  void whenMenu(Qt::Key key) {
    QTimer::singleShot(20, &window, [key] {
      QWidget* menu = QApplication::activePopupWidget();
      if (menu == nullptr || menu->objectName() != "columnMenu") qFatal("no menu of a column");
      QTest::keyClick(menu, key);
    });
  }
};

}  // namespace

class RowsViewTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void showsTheRowsWithRolesAndKinds() {
    TableDesk desk;
    QVERIFY(desk.table->isVisible());
    QCOMPARE(desk.table->model()->rowCount(), 5);
    QCOMPARE(desk.cell(1, 1), QString("2.5"));
    QCOMPARE(desk.cell(2, 1), QString());
    QVERIFY(desk.table->model()->index(2, 1).data(Qt::ToolTipRole).toString().contains("Missing"));
    QCOMPARE(desk.table->model()->headerData(2, Qt::Horizontal).toString(), QString("colour"));
    QCOMPARE(desk.use(1), QString("feature, number"));
    QCOMPARE(desk.use(2), QString("feature, category"));
    QCOMPARE(desk.use(3), QString("target, category"));
    QCOMPARE(desk.table->model()->headerData(0, Qt::Vertical).toString(), QString("2"));
    QVERIFY(find<QLabel>(desk.inspector, "rowsCaption")->text().startsWith("All 5 rows"));
    QVERIFY(find<QLabel>(desk.inspector, "rowsEmpty")->isHidden());
    // Not for other data.
    auto* source = find<QComboBox>(desk.inspector, "data_source");
    source->setCurrentIndex(4);
    Q_EMIT source->activated(4);
    QVERIFY(!desk.table->isVisible());
  }

  void aLongTableHasItsFirstRows() {
    QByteArray text = "a,b\n";
    for (int i = 0; i < 300; ++i) text += QByteArray::number(i) + ",x" + QByteArray::number(i % 3) + '\n';
    TableDesk desk(text);
    QCOMPARE(desk.table->model()->rowCount(), 50);
    QVERIFY(find<QLabel>(desk.inspector, "rowsCaption")->text().startsWith("The first 50 rows"));
  }

  void theMenuChangesWhatAColumnIs() {
    TableDesk desk;
    const DataSpec before = desk.document.data();
    QCOMPARE(desk.menu(0, "columnIgnored").name, QString("columnMenu"));
    QCOMPARE(desk.document.data().ignore, std::vector<std::string>{"id"});
    desk.settle();
    QCOMPARE(desk.use(0), QString("ignored"));
    desk.menu(0, "columnCategory");
    QCOMPARE(desk.document.data().categories, std::vector<std::string>{"id"});
    QVERIFY(desk.document.data().ignore.empty());
    desk.menu(0, "columnText");
    QCOMPARE(desk.document.data().texts, std::vector<std::string>{"id"});
    QVERIFY(desk.document.data().categories.empty());
    desk.menu(0, "columnCategory");
    desk.menu(1, "columnTargetNumber");
    QCOMPARE(desk.document.data().targets, std::vector<std::string>{"size"});
    QVERIFY(!desk.document.data().classification);
    desk.settle();
    QCOMPARE(desk.use(1), QString("target, number"));
    QCOMPARE(desk.use(3), QString("feature, category"));
    desk.menu(1, "columnAutomatic");
    desk.menu(2, "columnTargetClasses");
    QCOMPARE(desk.document.data().targets, std::vector<std::string>{"colour"});
    QVERIFY(desk.document.data().classification);
    desk.menu(1, "columnNumber");
    QCOMPARE(desk.document.data().numbers, std::vector<std::string>{"size"});
    // Each is one step, and the fields of the panel show the same.
    QCOMPARE(find<QLineEdit>(desk.inspector, "table_numbers")->text(), QString("size"));
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Change column size to feature: number"));
    for (int i = 0; i < 8; ++i) desk.document.undoStack()->undo();
    QVERIFY(desk.document.data() == before);
    desk.settle();
    QCOMPARE(desk.use(0), QString("ignored"));  // it counts the rows
  }

  void aColumnCanWeightTheSamples() {
    TableDesk desk("size,much,kind\n1.5,1,a\n2.5,2,b\n3.5,0.5,a\n4.5,1,b\n");
    auto* field = find<QLineEdit>(desk.inspector, "data_sample_weights");
    QVERIFY(field->isVisibleTo(desk.inspector) && field->text().isEmpty());
    QCOMPARE(desk.use(1), QString("feature, number"));
    desk.menu(1, "columnSampleWeights");
    QCOMPARE(desk.document.data().sampleWeights, std::string("much"));
    QCOMPARE(desk.document.data().targets, std::vector<std::string>{"kind"});
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Change column much to sample weights"));
    QCOMPARE(field->text(), QString("much"));
    desk.settle();
    QCOMPARE(desk.use(1), QString("sample weights"));
    QVERIFY(desk.document.dataInfo().has_value());
    QVERIFY(desk.document.dataInfo()->inputs[0].sample == Shape{1});
    // The target is none unless another column becomes the target.
    QVERIFY(!desk.menu(2).entries.contains("columnSampleWeights"));
    field->clear();
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(desk.document.data().sampleWeights.empty());
    test::enter(field, "many");  // the reader says that there is no such column
    desk.settle();
    QVERIFY(desk.document.dataError().has_value());
    QVERIFY(desk.document.dataError()->message.find("there is no column \"many\"") != std::string::npos);
  }

  void aColumnCanBePredictedToo() {
    using Names = std::vector<std::string>;
    TableDesk desk;
    const DataSpec before = desk.document.data();
    desk.menu(1, "columnAddNumber");
    QCOMPARE(desk.document.undoStack()->undoText(), QString("Predict column size too"));
    QCOMPARE(desk.document.data().targets, (Names{"kind", "size"}));
    desk.settle();
    QCOMPARE(desk.use(1), QString("target, number"));
    QCOMPARE(desk.use(3), QString("target, category"));
    QCOMPARE(find<QLineEdit>(desk.inspector, "data_target")->text(), QString("kind, size"));
    const QString text = find<QLabel>(desk.inspector, "dataResult")->text();
    QVERIFY2(text.contains("Target kind: 2 classes: a, b"), qPrintable(text));
    QVERIFY2(text.contains("Target size: a number"), qPrintable(text));
    // What is a target already cannot be added, and one of several can be something else.
    const test::Menu menu = desk.menu(1);
    QVERIFY(!menu.entries.contains("columnAddClasses") && !menu.entries.contains("columnAddNumber"));
    QVERIFY(menu.entries.contains("columnIgnored"));
    desk.menu(2, "columnAddClasses");
    QCOMPARE(desk.document.data().targets, (Names{"kind", "size", "colour"}));
    desk.menu(1, "columnNumber");
    QCOMPARE(desk.document.data().targets, (Names{"kind", "colour"}));
    for (int i = 0; i < 3; ++i) desk.document.undoStack()->undo();
    QVERIFY(desk.document.data() == before);
  }

  void theKeyboardReachesTheMenu() {
    TableDesk desk;
    desk.table->setFocus();
    desk.table->setCurrentIndex(desk.table->model()->index(0, 0));
    QTest::keyClick(desk.table, Qt::Key_Right);
    QTest::keyClick(desk.table, Qt::Key_Right);
    desk.whenMenu(Qt::Key_I);
    QTest::keyClick(desk.table, Qt::Key_Return);
    QCOMPARE(desk.document.data().ignore, std::vector<std::string>{"colour"});
    desk.settle();
    QCOMPARE(desk.use(2), QString("ignored"));
    QCOMPARE(desk.table->currentIndex().column(), 2);  // the position remains
    desk.whenMenu(Qt::Key_A);
    QContextMenuEvent menuKey(QContextMenuEvent::Keyboard, {5, 5}, desk.table->mapToGlobal(QPoint(5, 5)));
    QApplication::sendEvent(desk.table, &menuKey);
    QVERIFY(desk.document.data().ignore.empty());
    // Tab leaves the table.
    QTest::keyClick(desk.table, Qt::Key_Tab);
    QVERIFY(!desk.table->hasFocus());
  }

  void theTargetIsOnlyReplacedByAnother() {
    TableDesk desk;
    const test::Menu menu = desk.menu(3);
    for (const char* name : {"columnNumber", "columnCategory", "columnIgnored"})
      QVERIFY2(!menu.entries.contains(name), name);
    for (const char* name : {"columnTargetClasses", "columnTargetNumber", "columnAutomatic"})
      QVERIFY2(menu.entries.contains(name), name);
  }

  void aRefusedTableShowsWhatIsWrong() {
    QByteArray text = "a,b\n";
    for (int i = 0; i < 100; ++i) text += i == 80 ? QByteArray("12O,x\n") : QByteArray("1,y\n");
    TableDesk desk(text);
    QVERIFY(find<QLabel>(desk.inspector, "dataResult")->text().contains("\"12O\""));
    auto* model = desk.table->model();
    QCOMPARE(model->rowCount(), 51);
    QCOMPARE(model->headerData(50, Qt::Vertical).toString(), QString("82"));
    QCOMPARE(desk.cell(50, 0), QString("12O"));
    QCOMPARE(model->index(50, 0).data(Qt::BackgroundRole).value<QColor>(),
             Theme::instance().colors().errorBack);
    QVERIFY(!model->index(49, 0).data(Qt::BackgroundRole).isValid());
    QVERIFY(desk.table->viewport()->rect().intersects(desk.table->visualRect(model->index(50, 0))));
    // The menu is a remedy.
    desk.menu(0, "columnCategory");
    desk.settle();
    QVERIFY(!desk.document.dataError());
    QCOMPARE(model->rowCount(), 50);
  }

  void aTableWithoutColumnsShowsItsLines() {
    TableDesk desk("a;a\n1;2\n");
    QVERIFY(find<QLabel>(desk.inspector, "dataResult")->text().contains("two columns are named"));
    QCOMPARE(desk.table->model()->rowCount(), 2);
    QCOMPARE(desk.cell(0, 1), QString("a"));
    desk.table->setFocus();
    desk.table->setCurrentIndex(desk.table->model()->index(0, 0));
    QTest::keyClick(desk.table, Qt::Key_Return);  // has no menu
    QVERIFY(QApplication::activePopupWidget() == nullptr);
  }

  void saysWhyThereAreNoRows() {
    TableDesk desk;
    auto* empty = find<QLabel>(desk.inspector, "rowsEmpty");
    desk.open("picture.csv", "\x89PNG\r\n\x1a\n");
    QVERIFY(!desk.table->isVisible() && empty->isVisible());
    QCOMPARE(empty->text(), QString("The file has no rows that can be shown."));
    QVERIFY(find<QLabel>(desk.inspector, "dataResult")->text().contains("PNG"));
    DataSpec spec;
    spec.kind = DataKind::Csv;
    desk.document.setData(spec, "none");
    QCOMPARE(empty->text(), QString("Choose a file to see its first rows."));
  }

  void columnsAreFixedDuringARun() {
    TableDesk desk;
    desk.inspector->setLocked(true);
    QVERIFY(desk.menu(1).entries.isEmpty());
    desk.inspector->setLocked(false);
    QVERIFY(desk.menu(1).entries.contains("columnIgnored"));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::RowsViewTest)
#include "rows_view_test.moc"
