#include "ui/evaluate/evaluation_plot.h"

#include <algorithm>
#include <cmath>

#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kMaxPoints = 20'000;  // of a scatter plot

}  // namespace

EvaluationPlot::EvaluationPlot(const QString& name, const QString& title, QWidget* parent)
    : QCustomPlot(parent) {
  setObjectName(name);
  setAccessibleName(title);
  setMinimumSize(160, 120);
  // The legend is beside the curves, which would else hide it.
  auto* column = new QCPLayoutGrid;
  plotLayout()->addElement(0, 1, column);
  column->setMargins(QMargins(0, 4, 4, 4));
  column->addElement(0, 0, legend);
  column->addElement(1, 0, new QCPLayoutElement);
  column->setRowStretchFactor(0, 0.001);
  plotLayout()->setColumnStretchFactor(1, 0.001);
  axisRect()->setMinimumMargins(QMargins(8, 8, 16, 6));
  connect(&Theme::instance(), &Theme::changed, this, &EvaluationPlot::rebuild);
  rebuild();
}

void EvaluationPlot::rebuild() {
  stylePlot(*this);
  clearPlottables();
  legend->setVisible(false);
  if (content_) content_();
  replot(rpQueuedReplot);
}

QCPGraph* EvaluationPlot::addLine(const QVector<double>& x, const QVector<double>& y, const QColor& color,
                                  const QString& name) {
  // A curve of thresholds is vertical in places: its points have an order of their own.
  QCPGraph* graph = addGraph();
  graph->setData(x, y, true);
  graph->setPen(QPen(color, 1.6));
  if (name.isEmpty())
    graph->removeFromLegend();
  else
    graph->setName(name);
  return graph;
}

void EvaluationPlot::addDiagonal(double low, double high) {
  addLine({low, high}, {low, high}, Theme::instance().colors().mutedText, {})
      ->setPen(QPen(Theme::instance().colors().mutedText, 1, Qt::DashLine));
}

void EvaluationPlot::showCurves(const QString& x, const QString& y, std::vector<Named> curves,
                                bool diagonal) {
  content_ = [this, x, y, curves = std::move(curves), diagonal] {
    xAxis->setLabel(x);
    yAxis->setLabel(y);
    for (QCPAxis* axis : {xAxis, yAxis}) axis->setRange(-0.02, 1.02);
    if (diagonal) addDiagonal(0, 1);
    int color = 0;
    for (const Named& each : curves) {
      QVector<double> across, up;
      for (const ThresholdPoint& point : each.curve.points) {
        across.append(point.x);
        up.append(point.y);
      }
      addLine(across, up, Theme::instance().curve(color), each.name);
      if (threshold_ && !each.curve.points.empty()) {
        // The last point whose threshold is not below the chosen one.
        const ThresholdPoint* at = &each.curve.points.front();
        for (const ThresholdPoint& point : each.curve.points)
          if (point.threshold > *threshold_) at = &point;
        QCPGraph* mark = addLine({at->x}, {at->y}, Theme::instance().curve(color), {});
        mark->setLineStyle(QCPGraph::lsNone);
        mark->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 9));
      }
      ++color;
    }
    legend->setVisible(!curves.empty());
  };
  rebuild();
}

void EvaluationPlot::setThreshold(std::optional<double> threshold) {
  threshold_ = threshold;
  rebuild();
}

void EvaluationPlot::showReliability(const Reliability& calibration) {
  content_ = [this, calibration] {
    xAxis->setLabel(tr("predicted probability"));
    yAxis->setLabel(tr("accuracy"));
    for (QCPAxis* axis : {xAxis, yAxis}) axis->setRange(-0.02, 1.02);
    addDiagonal(0, 1);
    QVector<double> x, y;
    for (const ReliabilityBin& bin : calibration.bins) {
      if (bin.rows == 0) continue;
      x.append(bin.confidence);
      y.append(bin.accuracy);
    }
    addLine(x, y, Theme::instance().curve(0), tr("ECE %1").arg(calibration.error, 0, 'f', 3))
        ->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 7));
    legend->setVisible(true);
  };
  rebuild();
}

void EvaluationPlot::showValues(const ValueAnswers& answers) {
  QVector<double> given, predicted;
  const std::size_t step = std::max<std::size_t>(1, (answers.given.size() + kMaxPoints - 1) / kMaxPoints);
  for (std::size_t i = 0; i < answers.given.size(); i += step) {
    given.append(answers.given[i]);
    predicted.append(answers.predicted[i]);
  }
  content_ = [this, given, predicted] {
    xAxis->setLabel(tr("given"));
    yAxis->setLabel(tr("predicted"));
    if (given.isEmpty()) return;
    double low = given[0], high = low;
    for (const QVector<double>& values : {given, predicted})
      for (const double value : values) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    const double margin = high > low ? 0.03 * (high - low) : std::max(1.0, std::abs(high));
    addDiagonal(low, high);
    QCPGraph* points = addGraph();
    points->setData(given, predicted);
    points->setLineStyle(QCPGraph::lsNone);
    points->setPen(QPen(Theme::instance().curve(0)));
    points->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, 4));
    points->removeFromLegend();
    for (QCPAxis* axis : {xAxis, yAxis}) axis->setRange(low - margin, high + margin);
  };
  rebuild();
}

}  // namespace tandem::ui
