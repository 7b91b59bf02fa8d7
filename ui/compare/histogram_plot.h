// HistogramPlot: one or two histograms of the same bins over one another; counts on a logarithmic axis,
// since a few values far out are what one looks for.
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
