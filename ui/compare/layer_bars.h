// LayerBars: forward and backward time of each layer on each side, as horizontal bars in the order of the
// network.
#pragma once

#include <QScrollArea>
#include <memory>

#include "ui/compare/twin_board.h"
#include "ui/widgets/qcustomplot.h"

class QLabel;
class QStackedWidget;

namespace tandem::ui {

class LayerBars : public QWidget {
  Q_OBJECT

 public:
  explicit LayerBars(QWidget* parent = nullptr);

  void setBoard(std::shared_ptr<const TwinBoard> board);
  void refresh();  // draws if it can be seen
  QCustomPlot* plot() const { return plot_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void rebuild();

  std::shared_ptr<const TwinBoard> board_;
  QStackedWidget* stack_;
  QScrollArea* area_;
  QCustomPlot* plot_;
};

}  // namespace tandem::ui
