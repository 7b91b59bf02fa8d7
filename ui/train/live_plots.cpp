#include "ui/train/live_plots.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "core/text/spaced.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/train/classes_view.h"
#include "ui/train/curve_plot.h"
#include "ui/train/device_plots.h"
#include "ui/train/memory_plot.h"

namespace tandem::ui {
namespace {

constexpr int kFastMs = 33;   // 30 frames per second, if a core is idle and drawing is cheap
constexpr int kSlowMs = 100;  // 10 otherwise
constexpr int kSlowestMs = 1000;
constexpr double kCheapMs = 8;
constexpr double kShare = 0.02;  // of one core for drawing while training uses all cores
constexpr int kSliderSteps = 100;
constexpr int kLabelEms = 16;                               // width of a legend label
constexpr const char* kLearningRateName = "learning_rate";  // among the metrics

// Maps the slider, 0..100, to the weight of the average: 0, then windows of 1 to 1000 steps on a log scale.
double weightOf(int slider) {
  if (slider <= 0) return 0;
  const double window = std::pow(1000.0, slider / static_cast<double>(kSliderSteps));
  return 1.0 - 1.0 / window;
}

QToolButton* toolButton(const QString& text, const QString& name, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setObjectName(name);
  button->setToolTip(tip);
  button->setAutoRaise(true);
  return button;
}

}  // namespace

LivePlots::LivePlots(QWidget* parent) : QWidget(parent) {
  setObjectName("livePlots");
  buildUi();
  timer_.setSingleShot(true);
  timer_.setTimerType(Qt::CoarseTimer);
  connect(&timer_, &QTimer::timeout, this, &LivePlots::draw);
  connect(&Theme::instance(), &Theme::changed, this, &LivePlots::rebuildCurves);
}

void LivePlots::buildUi() {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);

  auto* controls = new QWidget(this);
  auto* row = new QHBoxLayout(controls);
  row->setContentsMargins(4, 2, 6, 2);
  metricBox_ = new QComboBox(controls);
  metricBox_->setObjectName("metricChoice");
  metricBox_->setToolTip(tr("Metric shown in the right plot"));
  metricBox_->setAccessibleName(tr("Metric"));
  metricBox_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  logBox_ = new QCheckBox(tr("Log"), controls);
  logBox_->setObjectName("logAxis");
  logBox_->setToolTip(tr("Logarithmic loss axis"));
  smoothingLabel_ = new QLabel(tr("Smooth"), controls);
  smoothing_ = new QSlider(Qt::Horizontal, controls);
  smoothing_->setObjectName("smoothing");
  smoothing_->setAccessibleName(tr("Smoothing"));
  smoothing_->setToolTip(tr("Moving average; the raw curve stays visible behind it"));
  smoothing_->setRange(0, kSliderSteps);
  smoothing_->setFixedWidth(fontMetrics().horizontalAdvance('m') * 6);
  QToolButton* fit =
      toolButton(tr("Fit"), "fitPlots", tr("Fit all axes to the curves (double-click in a plot)"), controls);
  row->addWidget(metricBox_);
  row->addWidget(smoothingLabel_);
  row->addWidget(smoothing_);
  row->addWidget(logBox_);
  row->addWidget(fit);

  tabs_ = new QTabWidget(this);
  tabs_->setObjectName("plotTabs");
  tabs_->setDocumentMode(true);
  tabs_->setCornerWidget(controls, Qt::TopRightCorner);
  const auto pair = [&](CurvePlot*& left, CurvePlot*& right, const QString& name) {
    auto* splitter = new QSplitter(Qt::Horizontal, tabs_);
    splitter->setObjectName(name);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(1);
    splitter->addWidget(left);
    splitter->addWidget(right);
    splitter->setSizes({1000, 1000});
    return splitter;
  };
  loss_ = new CurvePlot(tr("loss"), {}, this);
  loss_->setObjectName("lossPlot");
  metric_ = new CurvePlot(tr("metric"), {}, this);
  metric_->setObjectName("metricPlot");
  metric_->setLegendAt(Qt::AlignBottom | Qt::AlignRight);
  speed_ = new CurvePlot(tr("samples per second"), {}, this);
  speed_->setObjectName("speedPlot");
  speed_->setValueFromZero(true);
  speed_->setLegendAt(Qt::AlignBottom | Qt::AlignRight);
  phases_ = new CurvePlot(tr("time per step"), tr("ms"), this);
  phases_->setObjectName("phasesPlot");
  phases_->setValueFromZero(true);
  memory_ = new MemoryPlot(this);
  memory_->setObjectName("memoryPlot");
  tabs_->addTab(pair(loss_, metric_, "learningSplitter"), tr("Learning"));
  classes_ = new ClassesView(this);
  tabs_->addTab(classes_, tr("Classes"));
  tabs_->addTab(pair(speed_, phases_, "speedSplitter"), tr("Speed"));
  tabs_->addTab(memory_, tr("Memory"));
  device_ = new DevicePlots(this);
  device_->setObjectName("devicePlots");
  tabs_->addTab(device_, tr("Device"));

  auto* empty =
      new QLabel(tr("No curves yet. Press <b>Train</b> (F5), or tick a run in the list of runs."), this);
  empty->setObjectName("plotsEmpty");
  empty->setAlignment(Qt::AlignCenter);
  empty->setWordWrap(true);
  empty->setMargin(12);
  empty->setForegroundRole(QPalette::PlaceholderText);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(empty);
  stack_->addWidget(tabs_);
  layout->addWidget(stack_);

  for (CurvePlot* plot : {loss_, metric_, speed_, phases_}) {
    connect(plot, &CurvePlot::pictureFailed, this, &LivePlots::pictureFailed);
  }
  for (CurvePlot* plot : findChildren<CurvePlot*>()) {
    connect(plot, &CurvePlot::eventsChosen, this, &LivePlots::setEventsShown);
  }
  setEventsShown(QSettings().value("plots/events", true).toBool(),
                 QSettings().value("plots/checkpoints", false).toBool());
  connect(device_, &DevicePlots::pictureFailed, this, &LivePlots::pictureFailed);
  connect(fit, &QToolButton::clicked, this, [this] {
    for (CurvePlot* plot : {loss_, metric_, speed_, phases_}) plot->fit();
    device_->fit();
  });
  connect(logBox_, &QCheckBox::toggled, this, [this](bool on) {
    loss_->setLogarithmic(on);
    QSettings().setValue("plots/logarithmic", on);
  });
  connect(smoothing_, &QSlider::valueChanged, this, &LivePlots::setSmoothing);
  connect(metricBox_, &QComboBox::activated, this, &LivePlots::rebuildCurves);
  connect(tabs_, &QTabWidget::currentChanged, this, [this, fit](int index) {
    const bool curves =
        tabs_->widget(index)->isAncestorOf(loss_) || tabs_->widget(index)->isAncestorOf(speed_);
    metricBox_->setVisible(index == 0 && metricBox_->count() > 1);
    logBox_->setVisible(index == 0);
    fit->setVisible(tabs_->widget(index) != classes_);
    smoothing_->setVisible(curves);
    smoothingLabel_->setVisible(curves);
  });
  smoothing_->setValue(QSettings().value("plots/smoothing", 40).toInt());
  weight_ = weightOf(smoothing_->value());
  logBox_->setChecked(QSettings().value("plots/logarithmic", false).toBool());
}

void LivePlots::setLive(std::shared_ptr<RunSeries> live) {
  live_ = std::move(live);
  liveRestarted();
}

void LivePlots::liveRestarted() {
  rebuildMetricChoices();
  rebuildCurves();
}

void LivePlots::setOverlays(std::vector<Overlay> overlays) {
  overlays_ = std::move(overlays);
  rebuildMetricChoices();
  rebuildCurves();
}

std::vector<LivePlots::Shown> LivePlots::shown() const {
  const QFontMetrics metrics = fontMetrics();
  // Names are elided in the middle, because the end distinguishes the runs of a project.
  const auto label = [&](const RunSeries& series) {
    return metrics.elidedText(series.name, Qt::ElideMiddle, metrics.horizontalAdvance('m') * kLabelEms);
  };
  std::vector<Shown> result;
  if (live_ != nullptr && live_->started()) result.push_back({live_, label(*live_), 0});
  for (const Overlay& overlay : overlays_) {
    if (live_ != nullptr && overlay.series->id == live_->id) continue;
    result.push_back({overlay.series, label(*overlay.series), overlay.color});
  }
  return result;
}

void LivePlots::rebuildMetricChoices() {
  QStringList names;
  for (const Shown& run : shown()) {
    for (const MetricSeries& metric : run.series->metrics()) {
      const QString name = toQString(metric.slot.name);
      if (name != "loss" && !names.contains(name)) names.append(name);
    }
  }
  if (!shown().empty()) names.append(kLearningRateName);
  const QString current = metricBox_->currentData().toString();
  metricBox_->clear();
  for (const QString& name : names) metricBox_->addItem(toQString(spacedReport(name.toStdString())), name);
  metricBox_->setCurrentIndex(std::max(0, static_cast<int>(names.indexOf(current))));
  metricBox_->setVisible(tabs_->currentIndex() == 0 && names.size() > 1);
  metric_->setVisible(!names.isEmpty());
}

void LivePlots::rebuildCurves() {
  const std::vector<Shown> runs = shown();
  const bool any = !runs.empty();
  stack_->setCurrentIndex(any ? 1 : 0);
  smooth();
  const Theme& theme = Theme::instance();
  const bool single = runs.size() == 1;
  const bool smoothed = weight_ > 0;
  const auto metricCurves = [&](const std::string& name) {
    std::vector<CurveSpec> curves;
    for (const Shown& run : runs) {
      const MetricSeries* metric = run.series->metric(name);
      if (metric == nullptr) continue;
      if (single && metric->slot.evaluationOnly) {
        CurveSpec validation{tr("validation"), theme.curve(run.color + 1), false, run.series};
        validation.points = &metric->validation;
        curves.push_back(validation);
        continue;
      }
      // One run: training and validation differ in colour. Several: one colour per run, validation dashed.
      CurveSpec train{single ? tr("train") : run.label, theme.curve(run.color), !single, run.series};
      train.raw = &metric->raw;
      train.smooth = smoothed ? &metric->smooth.curve() : nullptr;
      if (!single) train.points = &metric->validation;
      curves.push_back(train);
      if (!single) continue;
      CurveSpec means{tr("train, epoch mean"), theme.curve(run.color + 2), false, run.series};
      means.points = &metric->train;
      curves.push_back(means);
      CurveSpec validation{tr("validation"), theme.curve(run.color + 1), false, run.series};
      validation.points = &metric->validation;
      curves.push_back(validation);
    }
    return curves;
  };
  std::vector<EventSpec> events;
  for (const Shown& run : runs)
    events.push_back({single ? QString() : run.label,
                      single ? theme.colors().mutedText : theme.curve(run.color), run.series,
                      &run.series->events(), &run.series->checkpoints()});
  for (CurvePlot* plot : findChildren<CurvePlot*>()) plot->setEvents(events);
  loss_->setCurves(metricCurves("loss"));
  const std::string metricName = metricBox_->currentData().toString().toStdString();
  metric_->setTitle(metricBox_->currentText());
  const MetricSeries* first = any ? runs.front().series->metric(metricName) : nullptr;
  metric_->setLegendAt((first != nullptr && first->slot.higherIsBetter ? Qt::AlignBottom : Qt::AlignTop) |
                       Qt::AlignRight);
  if (metricName == kLearningRateName) {
    std::vector<CurveSpec> rates;
    for (const Shown& run : runs) {
      CurveSpec rate{single ? tr("learning rate") : run.label, theme.curve(run.color), false, run.series};
      rate.raw = &run.series->learningRate();
      rates.push_back(rate);
    }
    metric_->setLegendAt(Qt::AlignTop | Qt::AlignRight);
    metric_->setCurves(std::move(rates));
  } else {
    metric_->setCurves(metricCurves(metricName));
  }

  std::vector<CurveSpec> speeds, phases;
  std::vector<DrawnRun> drawn;
  for (const Shown& run : runs) {
    const QColor color = theme.curve(run.color);
    CurveSpec speed{single ? tr("samples/s") : run.label, color, false, run.series};
    speed.raw = &run.series->samplesPerSecond();
    speed.smooth = smoothed ? &run.series->smoothSamplesPerSecond() : nullptr;
    speeds.push_back(speed);
    CurveSpec step{single ? tr("total") : run.label, color, false, run.series};
    step.raw = &run.series->stepMs();
    step.smooth = smoothed ? &run.series->smoothStepMs().curve() : nullptr;
    phases.push_back(step);
    drawn.push_back({run.label, color, run.series});
    if (!single) continue;  // four more lines per run would be unreadable
    const auto part = [&](const QString& label, int index, const std::vector<CurvePoint>& points) {
      CurveSpec spec{label, theme.curve(run.color + index), false, run.series};
      spec.points = &points;
      phases.push_back(spec);
    };
    part(tr("forward"), 1, run.series->forwardMs());
    part(tr("backward"), 2, run.series->backwardMs());
    part(tr("update"), 3, run.series->updateMs());
    CurveSpec wait{tr("waiting for data"), theme.curve(run.color + 4), false, run.series};
    wait.raw = &run.series->waitMs();
    phases.push_back(wait);
  }
  speed_->setCurves(std::move(speeds));
  phases_->setCurves(std::move(phases));
  memory_->setRuns(drawn);
  classes_->setRuns(drawn);
  device_->setRuns(std::move(drawn));
}

void LivePlots::smooth() {
  for (const Shown& run : shown()) run.series->smooth(weight_);
}

void LivePlots::setSmoothing(int value) {
  const bool was = weight_ > 0;
  weight_ = weightOf(value);
  QSettings().setValue("plots/smoothing", value);
  if (was != (weight_ > 0)) {
    rebuildCurves();
    return;
  }
  smooth();
  for (CurvePlot* plot : {loss_, metric_, speed_, phases_}) plot->refresh();
}

void LivePlots::setEventsShown(bool events, bool checkpoints) {
  QSettings().setValue("plots/events", events);
  QSettings().setValue("plots/checkpoints", checkpoints);
  for (CurvePlot* plot : findChildren<CurvePlot*>()) plot->setEventsShown(events, checkpoints);
}

void LivePlots::liveChanged() {
  dirty_ = true;
  if (timer_.isActive()) return;
  const auto passed = sinceDrawing_.isValid() ? static_cast<int>(sinceDrawing_.elapsed()) : interval_;
  timer_.start(std::max(0, interval_ - passed));
}

void LivePlots::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  smooth();
  liveChanged();
}

void LivePlots::draw() {
  if (!dirty_) return;
  dirty_ = false;
  sinceDrawing_.start();
  if (!isVisible()) return;  // each plot catches up when it is shown
  QElapsedTimer clock;
  clock.start();
  if (live_ != nullptr) live_->smooth(weight_);
  for (CurvePlot* plot : {loss_, metric_, speed_, phases_}) plot->refresh();
  memory_->refresh();
  device_->refresh();
  classes_->refresh();
  ++drawings_;
  const double spent = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
  cost_ = cost_ == 0 ? spent : 0.8 * cost_ + 0.2 * spent;
  interval_ = intervalFor(cost_, saturated_);
}

int LivePlots::intervalFor(double costMs, bool saturated) {
  if (saturated) return std::clamp(static_cast<int>(costMs / kShare), kSlowMs, kSlowestMs);
  return costMs > kCheapMs ? kSlowMs : kFastMs;
}

}  // namespace tandem::ui
