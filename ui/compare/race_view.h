// RaceView: plots the losses of all sides over step, epoch, time, energy or cost, beside the table of sides
// with the effort of each to reach a target loss.
#pragma once

#include <QWidget>
#include <optional>

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
  void curvesGrew();      // redraws if visible
  void figuresChanged();  // updates the table if visible

 Q_SIGNALS:
  void pictureFailed(const QString& path);
  void pricesRequested();
  void targetChosen(std::optional<double> loss);  // absent: the lowest loss that all sides reach

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildPlot();
  QWidget* buildTable();
  CurveAxis axis() const;
  void rebuild();
  void smooth();
  void updateAxes();
  void updateTargetAndPrices();
  void widenColumns();  // to their contents; never narrows them, since that would make the table flicker

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
