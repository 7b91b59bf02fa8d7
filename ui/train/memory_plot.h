// MemoryPlot: bytes by class (weights, gradients, ...) as bars, one bar a run.
#pragma once

#include <memory>
#include <vector>

#include "ui/train/run_series.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class MemoryPlot : public QCustomPlot {
  Q_OBJECT

 public:
  struct Entry {
    QString label;
    QColor color;
    std::shared_ptr<const RunSeries> owner;
  };
  explicit MemoryPlot(QWidget* parent);
  void setEntries(std::vector<Entry> entries);
  double refresh();  // milliseconds spent

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void applyTheme();

  std::vector<Entry> entries_;
  std::vector<MemoryUse> drawn_;
  bool stale_ = true;
};

}  // namespace tandem::ui
