// MemoryPlot: bytes by class (weights, gradients, ...) as bars, one bar per run.
#pragma once

#include <vector>

#include "ui/train/drawn_run.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class MemoryPlot : public QCustomPlot {
  Q_OBJECT

 public:
  explicit MemoryPlot(QWidget* parent);
  void setRuns(std::vector<DrawnRun> runs);
  double refresh();  // returns the time spent, ms

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void applyTheme();

  std::vector<DrawnRun> runs_;
  std::vector<MemoryUse> drawn_;
  bool stale_ = true;
};

}  // namespace tandem::ui
