// ValuesView: shows a tensor on the reference and on a side, the difference, and histograms of all three.
#pragma once

#include <QWidget>

#include "core/twin/tensor_tiles.h"
#include "ui/compare/twin_controller.h"

class QLabel;

namespace tandem::ui {

class HistogramPlot;
class NumberBox;
class TilesView;

class ValuesView : public QWidget {
  Q_OBJECT

 public:
  explicit ValuesView(QWidget* parent = nullptr);

  // Sets what the next show() displays.
  void setSubject(const TensorParity& tensor, const QString& reference, const QString& side);
  // view: nullptr clears the view. note: says which weights were used; empty: those of the comparison.
  void show(std::shared_ptr<TensorView> view, const QString& note);

 private:
  void draw();
  QString describe(std::int64_t tile, std::int64_t row, std::int64_t column) const;

  std::shared_ptr<TensorView> view_;
  TileLayout layout_;
  bool weights_ = false;
  QString title_, reference_, side_;
  QLabel* heading_;
  QLabel* sliceLabel_;
  NumberBox* slice_;
  TilesView* tiles_[3];  // reference, side, difference
  HistogramPlot* both_;
  HistogramPlot* difference_;
};

}  // namespace tandem::ui
