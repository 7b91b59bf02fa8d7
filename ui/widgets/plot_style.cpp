#include "ui/widgets/plot_style.h"

#include "ui/theme/theme.h"

namespace tandem::ui {

void stylePlot(QCustomPlot& plot) {
  const ThemeColors& c = Theme::instance().colors();
  plot.setBackground(c.surface);
  QFont small = plot.font();
  small.setPointSizeF(small.pointSizeF() * 0.9);
  QColor grid = c.border;
  grid.setAlpha(110);
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis, plot.xAxis2, plot.yAxis2}) {
    axis->setBasePen(QPen(c.border));
    axis->setTickPen(QPen(c.border));
    axis->setSubTickPen(QPen(c.border));
    axis->setTickLabelColor(c.mutedText);
    axis->setLabelColor(c.text);
    axis->setTickLabelFont(small);
    axis->setLabelFont(small);
    axis->grid()->setPen(QPen(grid, 0));
    axis->grid()->setZeroLinePen(Qt::NoPen);
  }
  QColor veil = c.surface;
  veil.setAlpha(215);
  plot.legend->setBrush(veil);
  plot.legend->setBorderPen(Qt::NoPen);
  plot.legend->setFont(small);
  plot.legend->setTextColor(c.text);
}

}  // namespace tandem::ui
