// ClassesView: the confusion matrix of a run at each epoch, and the scores of its classes.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/train/drawn_run.h"

class QComboBox;
class QHBoxLayout;
class QLabel;
class QSlider;
class QStackedWidget;
class QTableView;

namespace tandem::ui {

class MatrixModel;
class ScoresModel;

struct ShownEpoch {
  std::int32_t epoch = 0;
  bool test = false;
};

class ClassesView : public QWidget {
  Q_OBJECT

 public:
  explicit ClassesView(QWidget* parent = nullptr);

  void setRuns(std::vector<DrawnRun> runs);
  void refresh();  // when a run may have grown

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void buildBar(QHBoxLayout* bar);
  const RunSeries* run() const;  // nullptr: none has matrices
  void rebuildChoices();
  void show(bool latest);
  void showCounts(const RunSeries& series, const EpochCounts& shown);
  void fitColumns();

  std::vector<DrawnRun> runs_;
  std::size_t known_ = 0;  // epochs of the run when last refreshed
  bool stale_ = true;
  ShownEpoch shown_;
  int countWidth_ = 0,
      columnWidth_ = 0;  // of a column of the matrix: at least, and with the names of the classes

  QStackedWidget* stack_ = nullptr;
  QComboBox *runBox_ = nullptr, *matrixBox_ = nullptr, *unitBox_ = nullptr;
  QSlider* epoch_ = nullptr;
  QLabel* caption_ = nullptr;
  QTableView *matrix_ = nullptr, *scores_ = nullptr;
  MatrixModel* matrixModel_ = nullptr;
  ScoresModel* scoresModel_ = nullptr;
};

}  // namespace tandem::ui
