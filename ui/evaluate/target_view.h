// TargetView: how well a network predicts one target: matrix, classes, curves, calibration, hardest samples; of numbers
// predicted against given values and residuals.
#pragma once

#include <QWidget>
#include <memory>

#include "core/report/evaluation_job.h"

class QComboBox;
class QLabel;
class QModelIndex;
class QSlider;
class QSplitter;
class QTabWidget;
class QTableView;

namespace tandem::ui {

class AnswersModel;
class EvaluationPlot;
class HistogramPlot;
class MatrixModel;
class ScoresModel;

class TargetView : public QWidget {
  Q_OBJECT

 public:
  explicit TargetView(QWidget* parent = nullptr);

  // target: of evaluation->answers.
  void showTarget(std::shared_ptr<const ModelEvaluation> evaluation, std::size_t target);
  // What the current tab shows: as CSV, and as a PNG or SVG image.
  Status saveTable(const QString& path) const;
  Status savePicture(const QString& path);
  QString tabName() const;

 private:
  QWidget* buildMatrix();
  QWidget* buildCurves();
  const TargetAnswers& answers() const { return evaluation_->answers[target_]; }
  const TargetAnalysis& analysis() const { return evaluation_->analyses[target_]; }
  void showClasses();
  void showValues();
  void showCurves();
  void showThreshold();
  void showCell(const QModelIndex& cell);
  void listCell();

  std::shared_ptr<const ModelEvaluation> evaluation_;
  std::size_t target_ = 0;
  std::vector<std::int32_t> predicted_;  // of each row, at the threshold
  ClassCounts counts_;                   // of these predictions
  int row_ = -1, column_ = -1;           // the cell whose samples are listed

  QTabWidget* tabs_ = nullptr;
  QWidget *matrixPage_ = nullptr, *curvesPage_ = nullptr, *thresholdBar_ = nullptr;
  QLabel *matrixNote_ = nullptr, *thresholdText_ = nullptr, *cellText_ = nullptr, *curvesNote_ = nullptr;
  QSplitter* matrixSplitter_ = nullptr;
  QComboBox* unit_ = nullptr;
  QSlider* threshold_ = nullptr;
  QTableView *matrix_ = nullptr, *cell_ = nullptr, *scores_ = nullptr, *hardest_ = nullptr;
  MatrixModel* matrixModel_ = nullptr;
  ScoresModel* scoresModel_ = nullptr;
  AnswersModel *cellModel_ = nullptr, *hardestModel_ = nullptr;
  EvaluationPlot *roc_ = nullptr, *precisionRecall_ = nullptr, *calibration_ = nullptr, *values_ = nullptr;
  HistogramPlot* residuals_ = nullptr;
};

}  // namespace tandem::ui
