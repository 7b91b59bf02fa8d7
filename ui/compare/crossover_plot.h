// CrossoverPlot: the throughput of each side over batch size or width, with a band between its quartiles,
// and lines where one side overtakes another.
#pragma once

#include "core/twin/crossover.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class CrossoverPlot : public QCustomPlot {
  Q_OBJECT

 public:
  explicit CrossoverPlot(QWidget* parent = nullptr);

  void showResult(Crossover crossover);

 private:
  void rebuild();
  void addSide(std::size_t side);
  void addCrossing(const Crossing& crossing);

  Crossover crossover_;
};

}  // namespace tandem::ui
