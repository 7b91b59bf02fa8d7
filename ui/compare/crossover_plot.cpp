#include "ui/compare/crossover_plot.h"

#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {

CrossoverPlot::CrossoverPlot(QWidget* parent) : QCustomPlot(parent) {
  setObjectName("crossoverPlot");
  setAccessibleName(tr("Throughput by batch size or width"));
  for (QCPAxis* axis : {xAxis, yAxis}) {
    axis->setScaleType(QCPAxis::stLogarithmic);
    axis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
    axis->setNumberFormat("gbc");
    axis->setNumberPrecision(3);
  }
  yAxis->setLabel(tr("samples/s"));
  axisRect()->setMinimumMargins(QMargins(8, 8, 16, 6));
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
  connect(&Theme::instance(), &Theme::changed, this, &CrossoverPlot::rebuild);
  rebuild();
}

void CrossoverPlot::showResult(Crossover crossover) {
  crossover_ = std::move(crossover);
  rebuild();
}

void CrossoverPlot::rebuild() {
  stylePlot(*this);
  clearPlottables();
  clearItems();
  if (crossover_.points.empty()) return replot(rpQueuedReplot);
  xAxis->setLabel(crossover_.axis == SweepAxis::Batch ? tr("batch size")
                                                      : tr("width relative to the project"));
  for (std::size_t side = 0; side < crossover_.labels.size(); ++side) addSide(side);
  double low = INFINITY, high = 0;
  for (const SweepPoint& point : crossover_.points)
    for (const SweepSide& side : point.sides) {
      if (side.timing.steps == 0) continue;
      low = std::min(low, side.low);
      high = std::max(high, side.high);
    }
  xAxis->setRange(crossover_.points.front().x * 0.9, crossover_.points.back().x * 1.1);
  if (high > 0) yAxis->setRange(low * 0.8, high * 1.4);
  for (const Crossing& crossing : crossover_.crossings)
    if (crossing.what == "network") addCrossing(crossing);
  legend->setVisible(true);
  replot(rpQueuedReplot);
}

void CrossoverPlot::addSide(std::size_t side) {
  QVector<double> x, middle, low, high;
  for (const SweepPoint& point : crossover_.points) {
    const SweepSide& figures = point.sides[side];
    if (figures.timing.steps == 0) continue;
    x.append(point.x);
    middle.append(figures.samplesPerSecond);
    low.append(figures.low);
    high.append(figures.high);
  }
  const QColor color = Theme::instance().curve(static_cast<int>(side));
  QColor band = color;
  band.setAlphaF(0.18F);
  QCPGraph* lower = addGraph();
  lower->setData(x, low, true);
  lower->setPen(Qt::NoPen);
  lower->removeFromLegend();
  QCPGraph* upper = addGraph();
  upper->setData(x, high, true);
  upper->setPen(Qt::NoPen);
  upper->setBrush(band);
  upper->setChannelFillGraph(lower);
  upper->removeFromLegend();
  QCPGraph* line = addGraph();
  line->setData(x, middle, true);
  line->setPen(QPen(color, 2));
  line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 6));
  line->setName(toQString(crossover_.labels[side]));
}

void CrossoverPlot::addCrossing(const Crossing& crossing) {
  const ThemeColors& colors = Theme::instance().colors();
  auto* line = new QCPItemStraightLine(this);
  line->point1->setCoords(crossing.at, 1);
  line->point2->setCoords(crossing.at, 10);
  line->setPen(QPen(colors.mutedText, 1, Qt::DashLine));
  auto* text = new QCPItemText(this);
  text->position->setTypeX(QCPItemPosition::ptPlotCoords);
  text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  text->position->setCoords(crossing.at, 0.02);
  // On the side of the line that has more space.
  const bool right =
      std::log(crossing.at / xAxis->range().lower) > std::log(xAxis->range().upper / crossing.at);
  text->setPositionAlignment((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
  text->setPadding(QMargins(4, 0, 4, 0));
  text->setColor(colors.text);
  text->setText(tr("%1 faster from about %2")
                    .arg(toQString(crossover_.labels[crossing.fasterAbove ? crossing.side : 0]))
                    .arg(crossing.at, 0, 'g', 3));
}

}  // namespace tandem::ui
