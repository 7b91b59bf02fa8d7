// ValuesView: a tensor on the reference and on a side, their difference, and histograms of all three.
#pragma once

#include <QWidget>

#include "core/twin/tensor_tiles.h"
#include "ui/compare/twin_controller.h"

class QLabel;
class QSpinBox;

namespace tandem::ui {

class HistogramPlot;
class IntegerBox;
class TilesView;

class ValuesView : public QWidget {
  Q_OBJECT

 public:
  explicit ValuesView(QWidget* parent = nullptr);

  // What the next show() is of.
  void setSubject(const TensorParity& tensor, const QString& reference, const QString& side);
  // note: of which weights; empty: those of the comparison. nullptr: nothing.
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
  IntegerBox* slice_;
  TilesView* tiles_[3];  // reference, side, difference
  HistogramPlot* both_;
  HistogramPlot* difference_;
};

}  // namespace tandem::ui
