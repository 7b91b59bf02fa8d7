// RaceView: the losses of all sides on one plot, by step or by time, and the table of sides.
#pragma once

#include <QWidget>

#include "ui/compare/sides_model.h"

class QButtonGroup;
class QCheckBox;
class QTableView;

namespace tandem::ui {

class CurvePlot;

class RaceView : public QWidget {
  Q_OBJECT

 public:
  explicit RaceView(QWidget* parent = nullptr);

  void setBoard(std::shared_ptr<TwinBoard> board);
  void curvesGrew();      // draws if it can be seen
  void figuresChanged();  // of the table

 Q_SIGNALS:
  void pictureFailed(const QString& path);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void rebuild();
  void smooth();

  std::shared_ptr<TwinBoard> board_;
  SidesModel model_;
  CurvePlot* plot_;
  QTableView* table_;
  QButtonGroup* axis_;  // 0: step, 1: time
  QCheckBox* smoothBox_;
  QCheckBox* logBox_;
};

}  // namespace tandem::ui
