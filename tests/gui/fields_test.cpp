// What is typed into the fields, with real key events: it applies on Enter or on leaving, as a number or an
// expression; wrong text is explained and changes nothing; Esc restores.
#include <QLabel>

#include "core/network/setting_range.h"
#include "tests/gui/desk.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/expression.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

class FieldsTest : public QObject {
  Q_OBJECT

 private:
  static QString noteOf(const QWidget& window) {
    for (const QLabel* note : window.findChildren<QLabel*>("fieldNote"))
      if (note->isVisible()) return note->text();
    return {};
  }

 private Q_SLOTS:
  void numbersAreTakenAsTyped_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char* field, const char* typed, double value, const char* shown) {
      QTest::addRow("%s %s", field, typed)
          << QString(field) << QString::fromUtf8(typed) << value << QString(shown);
    };
    row("training_learning_rate", ".05", 0.05, "0.05");
    row("training_learning_rate", ".001", 0.001, "0.001");
    row("training_learning_rate", ",002", 0.002, "0.002");
    row("training_learning_rate", "0,5", 0.5, "0.5");
    row("training_learning_rate", "1e-10", 1e-10, "1e-10");
    row("training_learning_rate", "1e-3/4", 0.00025, "0.00025");
    row("training_learning_rate", "0.1+0.2", 0.3, "0.3");
    row("training_learning_rate", " 2*(3+4)^2 ", 98, "98");
    row("training_learning_rate", "0.123456789012", 0.123456789012, "0.123456789012");
    row("training_epsilon", "1E-7", 1e-7, "1e-07");
    row("training_beta1", ".95", 0.95, "0.95");
    row("training_l2", "5e-4", 5e-4, "0.0005");
    row("training_batch", "64*2", 128, "128");
    row("training_batch", "2^10", 1024, "1024");
    row("training_epochs", "1e3", 1000, "1000");
    row("training_seed", "123456789012", 123456789012.0, "123456789012");
    row("data_count", "3*100", 300, "300");
    row("data_noise", ".25", 0.25, "0.25");
    row("data_validation", "12.5%", 12.5, "12.5");
  }
  void numbersAreTakenAsTyped() {
    QFETCH(QString, field);
    QFETCH(QString, typed);
    QFETCH(double, value);
    QFETCH(QString, shown);
    Desk desk;
    desk.inspector->showPage(field.startsWith("data") ? InspectorPanel::Data : InspectorPanel::Training);
    auto* box = find<NumberBox>(desk.inspector, field);
    const Project before = desk.document.project();
    const bool changes = box->value() != value;
    box->setFocus();
    box->selectAll();
    for (const QChar key : typed) {
      QTest::keyClicks(box, QString(key));
      QVERIFY(desk.document.project() == before);  // nothing applies while typing
    }
    QCOMPARE(find<QLineEdit>(box, "qt_spinbox_lineedit")->text(), typed);  // and nothing is rewritten
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(box->value(), value);
    QCOMPARE(find<QLineEdit>(box, "qt_spinbox_lineedit")->text(), shown);
    QCOMPARE(desk.document.undoStack()->count(), changes ? 1 : 0);
    QVERIFY(noteOf(desk.window).isEmpty());
    desk.document.undoStack()->undo();
    QVERIFY(desk.document.project() == before);
  }

  void propertiesOfLayers_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("text");
    QTest::addRow("dropout") << "dropout"
                             << "rate"
                             << ".25"
                             << "0.25";
    QTest::addRow("units") << "dense"
                           << "units"
                           << "64*2"
                           << "128";
    QTest::addRow("shape") << "input"
                           << "shape"
                           << "64*2, 64, 3"
                           << "128, 64, 3";
    QTest::addRow("shape, x") << "input"
                              << "shape"
                              << "32 x 28 x 1"
                              << "32, 28, 1";
    QTest::addRow("shape, spaces") << "input"
                                   << "shape"
                                   << "(64 * 2  8/2 3)"
                                   << "128, 4, 3";
    QTest::addRow("shape, one") << "input"
                                << "shape"
                                << "3*5"
                                << "15";
    QTest::addRow("epsilon") << "batch_norm"
                             << "epsilon"
                             << "1e-4/4"
                             << "2.5e-05";
  }
  void propertiesOfLayers() {
    QFETCH(QString, type);
    QFETCH(QString, field);
    QFETCH(QString, typed);
    QFETCH(QString, text);
    Desk desk;
    const LayerId id = desk.add(type.toUtf8().constData(), {0, 0});
    const Property* property = findProperty(findLayer(type.toStdString())->properties, field.toStdString());
    QVERIFY(property != nullptr);
    auto* editor = find<QWidget>(desk.inspector, "property_" + field);
    editor->setFocus();
    QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
    const Project before = desk.document.project();
    QTest::keyClicks(editor, typed);
    QVERIFY(desk.document.project() == before);
    desk.view->setFocus();  // leaving the field applies it, too
    const auto value = propertyValue(*property, desk.layer(id).properties);
    QCOMPARE(QString::fromStdString(propertyText(*property, value)), text);
  }

  void bothSizesOfAPair() {
    Desk desk;
    const LayerId id = desk.add("conv2d", {0, 0});
    auto* height = find<NumberBox>(desk.inspector, "property_kernel_0");
    height->setFocus();
    height->selectAll();
    QTest::keyClicks(height, "2*2+1");
    QTest::keyClick(height, Qt::Key_Tab);
    auto* width = find<NumberBox>(desk.inspector, "property_kernel_1");
    QVERIFY(width->hasFocus());
    QTest::keyClicks(width, "7");  // Tab has selected the old value
    QTest::keyClick(width, Qt::Key_Return);
    QCOMPARE(desk.layer(id).properties.integers("kernel", {}), (std::vector<std::int64_t>{5, 7}));
  }

  void wrongTextIsExplained_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* field, const char* typed, const char* reason) {
      QTest::addRow("%s %s", field, typed) << QString(field) << QString(typed) << QString::fromUtf8(reason);
    };
    row("training_epochs", "999999999999", "from 1 to 1,000,000: 999999999999 is too large");
    row("training_epochs", "2.5", "2.5 is not a whole number");
    row("training_epochs", "7/2", "7/2, which is 3.5, is not a whole number");
    row("training_epochs", "0", "0 is too small");
    row("training_epochs", "1,000", "“1,000” can be read as 1000 or as 1; write one of them");
    row("training_epochs", "1.000", "“1.000” can be read as 1000 or as 1; write one of them");
    row("training_learning_rate", "1,000", "can be read as 1000 or as 1");
    row("training_learning_rate", "abc", "Enter a number from 0 to 1000: “abc” is not a number");
    row("training_learning_rate", "0.1.2", "is not a number");
    row("training_learning_rate", "", "a number is missing");
    row("training_learning_rate", "1e-3/", "a number is missing at the end");
    row("training_learning_rate", "1/0", "divides by zero");
    row("training_learning_rate", "(1", "closing bracket");
    row("training_learning_rate", "-0.1", "too small");
    row("training_learning_rate", "inf", "is not a number");
    row("training_learning_rate", "1e999", "too large");
    row("training_beta1", "1", "from 0 to 0.999999: 1 is too large");
    row("training_epsilon", "0", "from 1e-30 to 1: 0 is too small");
    row("data_count", "lots", "is not a number");
  }
  void wrongTextIsExplained() {
    QFETCH(QString, field);
    QFETCH(QString, typed);
    QFETCH(QString, reason);
    Desk desk;
    desk.inspector->showPage(field.startsWith("data") ? InspectorPanel::Data : InspectorPanel::Training);
    auto* box = find<NumberBox>(desk.inspector, field);
    auto* line = find<QLineEdit>(box, "qt_spinbox_lineedit");
    const Project before = desk.document.project();
    const double value = box->value();
    box->setFocus();
    const QString shown = line->text();
    QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(box, Qt::Key_Backspace);
    QTest::keyClicks(box, typed);
    QVERIFY(noteOf(desk.window).isEmpty());  // not before it is complete
    QTest::keyClick(box, Qt::Key_Return);
    QVERIFY(desk.document.project() == before);
    QCOMPARE(box->value(), value);
    QCOMPARE(line->text(), typed);  // stays for correction
    QVERIFY2(noteOf(desk.window).contains(reason), qPrintable(noteOf(desk.window)));
    QVERIFY2(noteOf(desk.window).contains("remains set"), qPrintable(noteOf(desk.window)));
    // Leaving neither applies nor hides it.
    desk.view->setFocus();
    QVERIFY(desk.document.project() == before);
    QCOMPARE(line->text(), typed);
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Escape);
    QCOMPARE(line->text(), shown);
    QVERIFY(noteOf(desk.window).isEmpty());
    QVERIFY(desk.document.project() == before);
    QCOMPARE(desk.document.undoStack()->count(), 0);
  }

  void wrongShapesAreExplained() {
    Desk desk;
    const LayerId id = desk.add("input", {0, 0});
    auto* shape = find<QLineEdit>(desk.inspector, "property_shape");
    test::enter(shape, "32, 28, 1");
    for (const auto& [typed, reason] :
         {std::pair("28,, 1", "number is missing between"), std::pair("28, 2y, 1", "is not a number"),
          std::pair("28, 2.5", "2.5 is not a whole number"), std::pair("28, 0", "must be"),
          std::pair("28, 1e30", "not a whole number of reasonable size")}) {
      test::enter(shape, typed);
      QVERIFY2(noteOf(desk.window).contains(reason), qPrintable(noteOf(desk.window)));
      QVERIFY2(noteOf(desk.window).contains("“32, 28, 1” remains set"), qPrintable(noteOf(desk.window)));
      QCOMPARE(desk.layer(id).properties.integers("shape", {}), (std::vector<std::int64_t>{32, 28, 1}));
    }
    test::screenshot(&desk.window, "field_note");
    QTest::keyClick(shape, Qt::Key_Escape);
    QCOMPARE(shape->text(), QString("32, 28, 1"));
    // Another layer or project starts without the text typed for this one.
    test::enter(shape, "28, y");
    const LayerId other = *desk.document.addLayer("input", {300, 0});
    desk.document.select({other});
    QVERIFY(noteOf(desk.window).isEmpty());
    QVERIFY(!shape->text().contains('y'));
  }

  void wrongFormulasAreExplained() {
    Desk desk;
    const LayerId id = desk.add("formula", {0, 0});
    auto* formula = find<QLineEdit>(desk.inspector, "property_formula");
    test::enter(formula, "a * sigmoid(b)");
    QCOMPARE(desk.layer(id).properties.text("formula", {}), std::string("a * sigmoid(b)"));
    for (const auto& [typed, reason] : {std::pair("a * sigmod(b)", "Did you mean sigmoid?"),
                                        std::pair("a + 2)", "unexpected ')' at column 6")}) {
      test::enter(formula, typed);
      QVERIFY2(noteOf(desk.window).contains(reason), qPrintable(noteOf(desk.window)));
      QCOMPARE(desk.layer(id).properties.text("formula", {}), std::string("a * sigmoid(b)"));
    }
    QTest::keyClick(formula, Qt::Key_Escape);
    QCOMPARE(formula->text(), QString("a * sigmoid(b)"));
  }

  void arrowsStep() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    const auto step = [&](const char* name, const char* from, Qt::Key key, double value) {
      auto* box = find<NumberBox>(desk.inspector, name);
      test::retype(box, from);
      QTest::keyClick(box, key);
      QCOMPARE(box->value(), value);
    };
    step("training_batch", "32", Qt::Key_Up, 33);
    step("training_batch", "1", Qt::Key_Down, 1);
    step("training_learning_rate", "0.01", Qt::Key_Up, 0.011);
    step("training_learning_rate", "0.01", Qt::Key_Down, 0.0099);
    step("training_learning_rate", "0", Qt::Key_Up, 0.001);
    step("training_learning_rate", "0.3", Qt::Key_Up, 0.31);
  }

  void unitsAndWordsAppearWithoutTheFocus() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Data);
    auto* box = find<NumberBox>(desk.inspector, "data_validation");
    auto* line = find<QLineEdit>(box, "qt_spinbox_lineedit");
    desk.view->setFocus();
    QCOMPARE(line->text(), QString("10%"));
    box->setFocus();
    QCOMPARE(line->text(), QString("10"));
    desk.inspector->showPage(InspectorPanel::Training);
    auto* stopping = find<NumberBox>(desk.inspector, "training_early_stopping");
    QCOMPARE(find<QLineEdit>(stopping, "qt_spinbox_lineedit")->text(), QString("off"));
    test::enter(stopping, "3");
    test::enter(stopping, "off");
    QCOMPARE(desk.document.training().earlyStoppingPatience, 0);
  }

  void accumulationAndAveragingAreSettings() {
    Desk desk;
    desk.inspector->showPage(InspectorPanel::Training);
    test::enter(find<NumberBox>(desk.inspector, "training_accumulate"), "4");
    QCOMPARE(desk.document.training().accumulate, 4);
    auto* average = find<NumberBox>(desk.inspector, "training_average");
    QCOMPARE(find<QLineEdit>(average, "qt_spinbox_lineedit")->text(), QString("off"));
    test::enter(average, "0.999");
    QCOMPARE(desk.document.training().average, 0.999);
  }

  // Whatever the form admits can be saved and opened again.
  void theFormAndTheFileHaveTheSameRanges() {
    Desk desk;
    Project project;
    int boxes = 0;
    for (auto* box : desk.inspector->findChildren<NumberBox*>()) {
      if (!box->objectName().startsWith("training_") && !box->objectName().startsWith("data_")) continue;
      ++boxes;
      for (const double value : {box->minimum(), std::min(box->maximum(), 9007199254740992.0)}) {
        box->setValue(value);
        const auto again = projectFromJson(toJson(desk.document.project()), "test");
        QVERIFY2(again.ok(), qPrintable(box->objectName() + ": " +
                                        QString::fromStdString(again.ok() ? "" : again.error().text())));
        QVERIFY2(*again == desk.document.project(), qPrintable(box->objectName()));
      }
    }
    QVERIFY(boxes > 20);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::FieldsTest)
#include "fields_test.moc"
