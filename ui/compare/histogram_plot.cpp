#include "ui/compare/histogram_plot.h"

#include <algorithm>

#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

constexpr double kZeroCount = 0.5;  // where a count of 0 is drawn on the logarithmic axis

}  // namespace

HistogramPlot::HistogramPlot(const QString& title, QWidget* parent) : QCustomPlot(parent) {
  setAccessibleName(title);
  setMinimumSize(120, 80);
  xAxis->setLabel(title);
  xAxis->setNumberFormat("g");
  xAxis->setNumberPrecision(2);
  xAxis->ticker()->setTickCount(2);
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog));
  yAxis->ticker()->setTickCount(3);
  yAxis->setNumberFormat("g");
  yAxis->setNumberPrecision(0);
  connect(&Theme::instance(), &Theme::changed, this, &HistogramPlot::rebuild);
  rebuild();
}

void HistogramPlot::setEntries(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  rebuild();
}

void HistogramPlot::rebuild() {
  stylePlot(*this);
  clearGraphs();
  double highest = 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const Histogram& h = entry.histogram;
    QCPGraph* graph = addGraph();
    const QColor color = Theme::instance().curve(entry.color);
    graph->setLineStyle(QCPGraph::lsStepLeft);
    graph->setPen(QPen(color, 1.4, i == 0 ? Qt::SolidLine : Qt::DashLine));
    if (i == 0) {
      QColor fill = color;
      fill.setAlpha(60);
      graph->setBrush(fill);
    }
    // If all values are equal, a single bar is drawn around that value.
    const bool flat = !(h.high > h.low);
    const std::size_t bins = flat ? 1 : h.counts.size();
    const double reach = h.low != 0 ? std::abs(h.low) : 1;  // of the axis on both sides of a single bar
    const double width = flat ? 0.1 * reach : (h.high - h.low) / static_cast<double>(bins);
    const double start = flat ? h.low - width / 2 : h.low;
    if (flat) graph->addData(start - width, kZeroCount);
    for (std::size_t bin = 0; bin <= bins; ++bin) {
      const auto count = static_cast<double>(bin < bins ? h.counts[bin] : flat ? 0 : h.counts.back());
      graph->addData(start + static_cast<double>(bin) * width, std::max(count, kZeroCount));
      highest = std::max(highest, count);
    }
    if (i == 0) xAxis->setRange(flat ? h.low - reach : h.low, flat ? h.low + reach : h.high);
  }
  yAxis->setRange(kZeroCount, highest * 3);
  replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace tandem::ui
