// The Evaluate window: matrix, samples of a cell, threshold, scores, files, and what cannot be evaluated.
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QSlider>
#include <QTabWidget>
#include <QTableView>
#include <cmath>

#include "tests/gui/lab_fixture.h"
#include "ui/evaluate/answers_model.h"
#include "ui/evaluate/evaluate_dialog.h"
#include "ui/evaluate/evaluation_plot.h"
#include "ui/evaluate/target_view.h"
#include "ui/runs/weights_export.h"
#include "ui/train/matrix_model.h"
#include "ui/train/scores_model.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

class EvaluateTest : public LabFixture {
  Q_OBJECT

 private:
  template <class T>
  static T* in(const EvaluateDialog* dialog, const QString& name) {
    return test::find<T>(dialog, name);
  }
  // An evaluation of a run begins with its test set.
  static void waitUntilDone(EvaluateDialog* dialog) {
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->evaluating(), kRunMs);
  }
  static void evaluate(EvaluateDialog* dialog) {
    waitUntilDone(dialog);
    QTest::mouseClick(in<QPushButton>(dialog, "evaluateStart"), Qt::LeftButton);
    QVERIFY(dialog->evaluating());
    waitUntilDone(dialog);
  }
  static void clickCell(QTableView* table, int row, int column) {
    table->scrollTo(table->model()->index(row, column));
    QTest::mouseClick(table->viewport(), Qt::LeftButton, Qt::NoModifier,
                      table->visualRect(table->model()->index(row, column)).center());
  }
  static int count(const QTableView* table, int row, int column) {
    return QLocale().toInt(table->model()->index(row, column).data().toString());
  }
  static QStringList linesOf(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QString::fromUtf8(file.readAll()).trimmed().split('\n');
  }

 private Q_SLOTS:
  void aFinishedRunIsEvaluated() {
    openMoons(4);
    trainToEnd();
    auto* offer = test::find<QPushButton>(child<MessageBar>("messageBar"), "messageOther");
    QVERIFY(offer->isVisible());
    QCOMPARE(offer->text(), QString("Evaluate…"));
    QTest::mouseClick(offer, Qt::LeftButton);
    auto* dialog = child<EvaluateDialog>("evaluateDialog");
    QVERIFY(dialog->isVisible());
    QVERIFY(in<QLabel>(dialog, "evaluateEmpty")->isVisible());
    QVERIFY(dialog->evaluating());
    waitUntilDone(dialog);
    QVERIFY2(dialog->result() != nullptr, qPrintable(in<MessageBar>(dialog, "evaluateMessage")->text()));

    // The matrix is that which training counted on the test set, and that of the answers.
    auto* matrix = in<QTableView>(dialog, "evaluateMatrix");
    const TrainResult& trained = *controller().lastResult();
    QCOMPARE(trained.testMatrices.size(), 1U);
    const ClassAnswers& answers = dialog->result()->answers[0].classes;
    int counted[2][2] = {};
    for (std::size_t row = 0; row < answers.rows(); ++row)
      ++counted[answers.given[row]][answers.probability(row, 1) > 0.5F ? 1 : 0];
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 2; ++column) {
        QCOMPARE(count(matrix, row, column), counted[row][column]);
        QCOMPARE(static_cast<std::int64_t>(count(matrix, row, column)),
                 trained.testMatrices[0][static_cast<std::size_t>(2 * row + column)]);
      }

    // A cell lists its samples, by the mouse and by Enter.
    auto* cell = in<QTableView>(dialog, "evaluateCell");
    QCOMPARE(cell->model()->rowCount(), 0);
    clickCell(matrix, 0, 0);
    QCOMPARE(cell->model()->rowCount(), counted[0][0]);
    double last = 1;
    for (const RankedAnswer& sample : qobject_cast<AnswersModel*>(cell->model())->samples()) {
      QCOMPARE(sample.given, 0);
      QVERIFY(sample.probability <= last);
      last = sample.probability;
    }
    matrix->setFocus();
    matrix->setCurrentIndex(matrix->model()->index(1, 1));
    QTest::keyClick(matrix, Qt::Key_Return);
    QCOMPARE(cell->model()->rowCount(), counted[1][1]);
    QVERIFY(!dialog->evaluating());  // Enter has pressed no button

    // The threshold moves the matrix, and the listed samples with it.
    auto* threshold = in<QSlider>(dialog, "evaluateThreshold");
    threshold->setFocus();
    QTest::keyClick(threshold, Qt::Key_End);
    QCOMPARE(count(matrix, 0, 1) + count(matrix, 1, 1), 0);
    QCOMPARE(cell->model()->rowCount(), 0);
    threshold->setValue(50);
    QCOMPARE(count(matrix, 0, 0), counted[0][0]);
    test::screenshot(dialog, "evaluate");

    // Classes are sorted by F1, the worst first; a click on the header reverses the order.
    auto* tabs = in<QTabWidget>(dialog, "evaluateTabs");
    auto* scores = in<QTableView>(dialog, "evaluateScores");
    tabs->setCurrentWidget(scores);
    QTest::qWait(20);  // the page is laid out by the first events
    const auto f1 = [&](int row) {
      return scores->model()->index(row, ScoresModel::F1).data(ScoresModel::kSortRole).toDouble();
    };
    QVERIFY(f1(0) <= f1(1));
    QHeaderView* header = scores->horizontalHeader();
    QTest::mouseClick(
        header->viewport(), Qt::LeftButton, Qt::NoModifier,
        {header->sectionViewportPosition(ScoresModel::F1) + header->sectionSize(ScoresModel::F1) / 2,
         header->height() / 2});
    QVERIFY(f1(0) >= f1(1));

    // Saved tables can be read back.
    QVERIFY(dialog->view()->saveTable(folder_->filePath("scores.csv")).ok());
    QCOMPARE(linesOf(folder_->filePath("scores.csv")).size(), 3);
    tabs->setCurrentIndex(0);
    QVERIFY(dialog->view()->saveTable(folder_->filePath("matrix.csv")).ok());
    const QStringList lines = linesOf(folder_->filePath("matrix.csv"));
    QCOMPARE(lines.size(), 3);
    QCOMPARE(lines[0], QString("class,predicted as A,predicted as B"));
    QCOMPARE(lines[1], QString("A,%1,%2").arg(counted[0][0]).arg(counted[0][1]));
    tabs->setCurrentWidget(in<QTableView>(dialog, "evaluateHardest"));
    QVERIFY(dialog->view()->saveTable(folder_->filePath("samples.csv")).ok());
    QCOMPARE(linesOf(folder_->filePath("samples.csv")).size(), static_cast<int>(answers.rows()) + 1);
    tabs->setCurrentWidget(in<QWidget>(dialog, "evaluateCalibration"));
    for (const char* name : {"plot.png", "plot.svg"}) {
      QVERIFY(dialog->view()->savePicture(folder_->filePath(name)).ok());
      QVERIFY(QFile(folder_->filePath(name)).size() > 500);
    }
  }

  void partsAndWeightsCanBeChosen() {
    openMoons(2);
    trainToEnd();
    clickRun(0);
    trigger("runEvaluate");
    auto* dialog = child<EvaluateDialog>("evaluateDialog");
    waitUntilDone(dialog);
    std::int64_t test = 0;
    for (const int part : {0, 1, 2}) {
      in<QComboBox>(dialog, "evaluateData")->setCurrentIndex(part);
      in<QComboBox>(dialog, "evaluateWeights")->setCurrentIndex(part % 2);
      evaluate(dialog);
      QVERIFY2(dialog->result() != nullptr, qPrintable(in<MessageBar>(dialog, "evaluateMessage")->text()));
      if (part == 0) test = dialog->result()->labelled.samples.rows;
    }
    QVERIFY(dialog->result()->labelled.samples.rows > test);
    QVERIFY(dialog->result()->labelled.name.starts_with("the training part"));
  }

  void aTableOfTheUserIsEvaluatedAndBadOnesAreRefused() {
    openMoons(2);
    trainToEnd();
    trigger("actionEvaluate");
    auto* dialog = child<EvaluateDialog>("evaluateDialog");
    auto* message = in<MessageBar>(dialog, "evaluateMessage");
    auto* start = in<QPushButton>(dialog, "evaluateStart");
    waitUntilDone(dialog);
    in<QComboBox>(dialog, "evaluateData")->setCurrentIndex(3);
    QVERIFY(!start->isEnabled());  // no file yet
    dialog->setData(folder_->filePath("missing.csv"));
    QVERIFY(start->isEnabled());
    evaluate(dialog);
    QVERIFY(dialog->result() == nullptr);
    QVERIFY(message->isVisible() && message->text().contains("missing.csv"));
    QVERIFY(!in<QLabel>(dialog, "evaluateEmpty")->text().isEmpty());
    QVERIFY(in<QLabel>(dialog, "evaluateEmpty")->isVisible());
  }

  void anExportedModelNeedsOtherData() {
    openMoons(2);
    trainToEnd();
    trigger("actionEvaluate");
    auto* dialog = child<EvaluateDialog>("evaluateDialog");
    const QString checkpoint = in<QLineEdit>(dialog, "evaluateModel")->text();
    const QString exported = folder_->filePath("exported.h5");
    QVERIFY(exportCheckpointToKeras(checkpoint.toStdString(), exported.toStdString(), Weights::Best).ok());
    auto* data = in<QComboBox>(dialog, "evaluateData");
    auto* weights = in<QComboBox>(dialog, "evaluateWeights");
    waitUntilDone(dialog);
    dialog->setModel(exported);
    QVERIFY(!data->isEnabled() && !weights->isEnabled());
    QCOMPARE(data->currentText(), QString("Other data"));
    dialog->setModel(checkpoint);
    QVERIFY(data->isEnabled() && weights->isEnabled());
  }

  void closingItWhileItRunsStopsIt() {
    openMoons(2);
    trainToEnd();
    trigger("actionEvaluate");
    const QPointer<EvaluateDialog> first = child<EvaluateDialog>("evaluateDialog");
    QVERIFY(first->evaluating());
    first->close();
    QTRY_VERIFY(first.isNull());
    trigger("actionEvaluate");
    auto* second = child<EvaluateDialog>("evaluateDialog");
    evaluate(second);
    QVERIFY(second->result() != nullptr);
  }

  void aDeletedCheckpointIsReported() {
    EvaluateDialog dialog(folder_->filePath("gone.h5").toStdString(), "gone");
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    evaluate(&dialog);
    QVERIFY(dialog.result() == nullptr);
    QVERIFY2(in<MessageBar>(&dialog, "evaluateMessage")->text().contains("gone.h5"),
             qPrintable(in<MessageBar>(&dialog, "evaluateMessage")->text()));
  }

  void withoutAModelThereIsAMessage() {
    EvaluateDialog dialog({}, {});
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    QVERIFY(in<QLabel>(&dialog, "evaluateEmpty")->text().contains("no checkpoint"));
    QVERIFY(!in<QPushButton>(&dialog, "evaluateStart")->isEnabled());
  }

  // Numbers have no matrix, but plots; pictures are shown beside the samples.
  void valuesHavePlots() {
    auto evaluation = std::make_shared<ModelEvaluation>();
    evaluation->labelled.samples.rows = 3;
    evaluation->labelled.samples.inputs = {{0, 1, 0, 1, 1, 1}};
    Field image;
    image.kind = FieldKind::Image;
    image.image = Shape{1, 2, 1};
    evaluation->preprocessing.fields = {image};
    TargetAnswers& answers = evaluation->answers.emplace_back();
    answers.values = {{1, 2, 3}, {1, 4, 3}, 1};
    evaluation->analyses.push_back(analyze(answers));
    TargetView view;
    view.resize(800, 500);
    view.showTarget(evaluation, 0);
    view.show();
    auto* tabs = test::find<QTabWidget>(&view, "evaluateTabs");
    QVERIFY(!tabs->isTabVisible(0));
    auto* plot = test::find<EvaluationPlot>(&view, "evaluateValues");
    QVERIFY(tabs->isTabVisible(tabs->indexOf(plot)));
    QCOMPARE(plot->graph(1)->dataCount(), 3);
    auto* hardest = test::find<QTableView>(&view, "evaluateHardest");
    QCOMPARE(hardest->model()->index(0, AnswersModel::Sample).data().toString(), QString("2"));
    QCOMPARE(hardest->model()->index(0, AnswersModel::Given).data().toString(), QString("2"));
    QCOMPARE(hardest->model()->index(0, AnswersModel::Predicted).data().toString(), QString("4"));
    QVERIFY(
        !hardest->model()->index(0, AnswersModel::Sample).data(Qt::DecorationRole).value<QPixmap>().isNull());
    test::screenshot(&view, "evaluate_values");
  }

  // A model may have targets of few and of many classes. The matrix of the former must not be taken for that of the
  // latter.
  void tooManyClassesHaveNoMatrix() {
    auto evaluation = std::make_shared<ModelEvaluation>();
    evaluation->labelled.samples.rows = 2;
    evaluation->labelled.samples.inputs = {{0, 1}};
    Field number;
    number.name = "x";
    evaluation->preprocessing.fields = {number};
    std::vector<std::string> names;
    for (std::size_t i = 0; i <= kMaxConfusedClasses; ++i) names.push_back(std::to_string(i));
    const std::vector<float> many(2 * names.size(), 1.0F / static_cast<float>(names.size()));
    evaluation->answers.resize(2);
    for (TargetAnswers& answers : evaluation->answers) answers.ofClasses = true;
    evaluation->answers[0].classes =
        classAnswers(std::vector<float>{0.2F, 0.7F}, OutputMeaning::Probabilities,
                     std::vector<std::int32_t>{0, 1}, {"no %1", "yes %1"});
    evaluation->answers[1].classes =
        classAnswers(many, OutputMeaning::Probabilities, std::vector<std::int32_t>{0, 1}, names);
    for (const TargetAnswers& answers : evaluation->answers) evaluation->analyses.push_back(analyze(answers));
    TargetView view;
    view.showTarget(evaluation, 0);
    QCOMPARE(test::find<EvaluationPlot>(&view, "evaluateRoc")->graph(1)->name(),
             QString("yes %1: AUC 1.000"));
    QVERIFY(view.saveTable(folder_->filePath("matrix.csv")).ok());
    view.showTarget(evaluation, 1);
    QVERIFY(!test::find<QLabel>(&view, "evaluateMatrixNote")->isHidden());
    QVERIFY(!view.saveTable(folder_->filePath("matrix.csv")).ok());
    QVERIFY(test::find<QLabel>(&view, "evaluateCurvesNote")->text().contains("curves"));
    view.showTarget(evaluation, 0);
    QVERIFY(view.saveTable(folder_->filePath("matrix.csv")).ok());
  }

  // A legend or header as wide as a sentence would leave no room for what it names.
  void longNamesOfClassesAreShortened() {
    auto evaluation = std::make_shared<ModelEvaluation>();
    evaluation->labelled.samples.rows = 2;
    evaluation->labelled.samples.inputs = {{0, 1}};
    Field number;
    number.name = "x";
    evaluation->preprocessing.fields = {number};
    TargetAnswers& answers = evaluation->answers.emplace_back();
    answers.ofClasses = true;
    answers.classes =
        classAnswers(std::vector<float>{0.2F, 0.7F}, OutputMeaning::Probabilities,
                     std::vector<std::int32_t>{0, 1}, {std::string(300, 'a'), "b\n" + std::string(300, 'b')});
    evaluation->analyses.push_back(analyze(answers));
    TargetView view;
    view.resize(900, 500);
    view.showTarget(evaluation, 0);
    view.show();
    const int most = 20 * view.fontMetrics().horizontalAdvance('m');
    auto* matrix = test::find<QTableView>(&view, "evaluateMatrix");
    QVERIFY(matrix->verticalHeader()->width() <= most);
    QVERIFY(matrix->columnWidth(0) <= most);
    QVERIFY(test::find<QLabel>(&view, "evaluateThresholdText")->sizeHint().width() <= most);
    const QString name = test::find<EvaluationPlot>(&view, "evaluateRoc")->graph(1)->name();
    QVERIFY2(name.endsWith(": AUC 1.000") && !name.contains('\n'), qPrintable(name));
    QVERIFY(view.fontMetrics().horizontalAdvance(name) <= most + 100);
    clickCell(matrix, 1, 1);
    QVERIFY(test::find<QLabel>(&view, "evaluateCellText")->text().startsWith("1 sample of b b"));
    QVERIFY(view.minimumSizeHint().width() <= 900);
  }

  void oneClassAloneHasANoteInsteadOfCurves() {
    auto evaluation = std::make_shared<ModelEvaluation>();
    evaluation->labelled.samples.rows = 2;
    evaluation->labelled.samples.inputs = {{0, 1}};
    Field number;
    number.name = "x";
    evaluation->preprocessing.fields = {number};
    TargetAnswers& answers = evaluation->answers.emplace_back();
    answers.ofClasses = true;
    answers.classes = classAnswers(std::vector<float>{0.2F, 0.7F}, OutputMeaning::Probabilities,
                                   std::vector<std::int32_t>{1, 1}, {"no", "yes"});
    evaluation->analyses.push_back(analyze(answers));
    TargetView view;
    view.showTarget(evaluation, 0);
    const auto* note = test::find<QLabel>(&view, "evaluateCurvesNote");
    QVERIFY(!note->isHidden() && note->text().contains("one class"));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::EvaluateTest)
#include "evaluate_test.moc"
