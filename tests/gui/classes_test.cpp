// Confusion matrices in the lab: during training, of recorded runs, and their models.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QSlider>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <numeric>

#include "tests/gui/lab_fixture.h"
#include "ui/theme/theme.h"
#include "ui/train/classes_view.h"
#include "ui/train/matrix_model.h"
#include "ui/train/scores_model.h"

namespace tandem::ui {

class ClassesTest : public LabFixture {
  Q_OBJECT

 private:
  void showClasses() {
    auto* tabs = child<QTabWidget>("plotTabs");
    tabs->setCurrentWidget(child<QWidget>("classesView"));
  }
  QString caption() { return child<QLabel>("classesCaption")->text(); }
  std::int64_t sum() {
    const QAbstractItemModel* model = child<QTableView>("confusionMatrix")->model();
    std::int64_t total = 0;
    for (int row = 0; row < model->rowCount(); ++row)
      for (int column = 0; column < model->columnCount(); ++column)
        total += QLocale().toInt(model->index(row, column).data().toString());
    return total;
  }

 private Q_SLOTS:
  void aTrainedRunShowsEachEpochAndTheTestSet() {
    openMoons(4);
    document().undoStack()->setClean();
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(!controller().busy() && controller().lastResult(), kRunMs);
    showClasses();
    auto* slider = child<QSlider>("classesEpoch");
    QTRY_COMPARE(slider->maximum(), 4);  // four epochs and the test set
    QCOMPARE(slider->value(), 4);
    QVERIFY2(caption().startsWith("Test set, epoch"), qPrintable(caption()));
    const TrainResult& result = *controller().lastResult();
    QCOMPARE(result.testMatrices.size(), 1U);
    QCOMPARE(sum(),
             std::accumulate(result.testMatrices[0].begin(), result.testMatrices[0].end(), std::int64_t{0}));
    const QAbstractItemModel* model = child<QTableView>("confusionMatrix")->model();
    QCOMPARE(model->headerData(0, Qt::Horizontal).toString(), QString("A"));
    test::screenshot(window_.get(), "classes");

    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Home);
    QCOMPARE(caption(), QString("Validation set, epoch 1"));
    child<QComboBox>("classesUnit")->setCurrentIndex(1);
    double row = 0;
    for (int column = 0; column < 2; ++column)
      row += QLocale().toDouble(model->index(0, column).data().toString());
    QVERIFY2(std::abs(row - 100) < 0.2, qPrintable(QString::number(row)));
    child<QComboBox>("classesUnit")->setCurrentIndex(0);
  }

  void withoutAMatrixTheViewSaysWhen() {
    QVERIFY(window_->openTemplate("Two moons"));
    TrainingConfig training = document().training();
    training.epochs = 2;
    training.heads[0].metrics = {"accuracy"};
    document().setTraining(training, "test");
    document().undoStack()->setClean();
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(!controller().busy() && controller().lastResult(), kRunMs);
    showClasses();
    QVERIFY(child<QLabel>("classesEmpty")->isVisible());
    QVERIFY(child<QLabel>("classesEmpty")->text().contains("Confusion matrix"));
  }

  void modelsAreConsistent() {
    MatrixModel matrix;
    ScoresModel scores;
    const QAbstractItemModelTester one(&matrix, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester two(&scores, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const std::vector<std::string> names{"cat", "dog", "owl"};
    const ClassCounts counts{6, 2, 0, 1, 9, 0, 0, 0, 0};
    matrix.setMatrix(names, counts);
    scores.setScores(classScores(names, counts));
    QCOMPARE(matrix.index(0, 1).data().toString(), QString("2"));
    QCOMPARE(
        matrix.index(0, 1).data(Qt::AccessibleTextRole).toString(),
        QString("cat, predicted as dog: 2\n25.0 % of the samples of cat\n18.2 % of the predictions of dog"));
    matrix.setUnit(MatrixUnit::ShareOfPredicted);
    QCOMPARE(matrix.index(0, 1).data().toString(), QLocale().toString(18.2, 'f', 1));
    QCOMPARE(matrix.index(2, 2).data().toString(), QLocale().toString(0.0, 'f', 1));
    QCOMPARE(scores.index(1, ScoresModel::Recall).data().toString(), QLocale().toString(0.9, 'f', 3));
    QCOMPARE(scores.index(2, ScoresModel::F1).data().toString(), QString("-"));
    matrix.setMatrix({"a"}, {5});
    matrix.setMatrix({}, {});
    scores.setScores({});
    QCOMPARE(matrix.rowCount(), 0);
  }

  // Text remains readable on the strongest colours.
  void cellsHaveContrast() {
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
      Theme::instance().setMode(mode);
      MatrixModel matrix;
      matrix.setMatrix({"a", "b"}, {5, 0, 7, 0});
      for (int row = 0; row < 2; ++row) {
        const auto back = matrix.index(row, 0).data(Qt::BackgroundRole).value<QColor>();
        const double contrast = test::contrast(Theme::instance().colors().text, back);
        QVERIFY2(contrast >= 4.5, qPrintable(QString("%1: %2").arg(row).arg(contrast)));
      }
    }
    Theme::instance().setMode(ThemeMode::System);
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ClassesTest)
#include "classes_test.moc"
