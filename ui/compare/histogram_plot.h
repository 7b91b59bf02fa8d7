// HistogramPlot: one or two overlaid histograms with the same bins. The count axis is logarithmic, so that
// a few outliers are visible.
#pragma once

#include <vector>

#include "core/twin/tensor_difference.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class HistogramPlot : public QCustomPlot {
  Q_OBJECT

 public:
  struct Entry {
    int color = 0;  // of Theme::curve
    Histogram histogram;
  };
  explicit HistogramPlot(const QString& title, QWidget* parent = nullptr);

  void setEntries(std::vector<Entry> entries);

 private:
  void rebuild();

  std::vector<Entry> entries_;
};

}  // namespace tandem::ui
