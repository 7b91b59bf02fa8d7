// RaceView: the losses of all sides on one plot, by step, epoch, time, energy or cost, and the table of
// sides with what it took each to come to a loss.
#pragma once

#include <QWidget>

#include "ui/compare/sides_model.h"

class QButtonGroup;
class QCheckBox;
class QPushButton;
class QTableView;

namespace tandem::ui {

class CurvePlot;
class NumberBox;

class RaceView : public QWidget {
  Q_OBJECT

 public:
  explicit RaceView(QWidget* parent = nullptr);

  void setViewModel(std::shared_ptr<TwinViewModel> viewModel);
  void curvesGrew();      // draws if it can be seen
  void figuresChanged();  // of the table

 Q_SIGNALS:
  void pictureFailed(const QString& path);
  void pricesRequested();
  void targetChosen(double loss);  // NaN: the lowest that all come to

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildPlot();
  QWidget* buildTable();
  CurveAxis axis() const;
  void rebuild();
  void smooth();
  void updateAxes();
  void updateTerms();
  void widenColumns();  // to what is in them; never back, which would be restless

  std::shared_ptr<TwinViewModel> viewModel_;
  SidesModel model_;
  CurvePlot* plot_;
  QTableView* table_;
  QButtonGroup* axis_;  // ids: CurveAxis
  QCheckBox* smoothBox_;
  QCheckBox* logBox_;
  NumberBox* target_;
  QPushButton* prices_;
};

}  // namespace tandem::ui
