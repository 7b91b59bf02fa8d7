#include "ui/train/device_plots.h"

#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/train/curve_plot.h"

namespace tandem::ui {
namespace {

constexpr int kMinimumWidth = 120;      // pixels
constexpr double kMinimumDegrees = 10;  // span of the temperature axis

struct Quantity {
  const char* title;
  const char* unit;
  const char* object;
  const char* gap;       // SensorGap::what
  const char* sentence;  // shown if the reading is unavailable
  const CurveStore& (RunSeries::*curve)() const;
};
constexpr std::array<Quantity, 5> kQuantities = {{
    {QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "utilization"), "%", "utilizationPlot", "utilization",
     QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "No utilization readings"), &RunSeries::utilization},
    {QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "power"), "W", "powerPlot", "power",
     QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "No power readings"), &RunSeries::watts},
    {QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "temperature"), "°C", "temperaturePlot", "temperature",
     QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "No temperature readings"), &RunSeries::celsius},
    {QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "clock"), "MHz", "clockPlot", "clock",
     QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "No clock readings"), &RunSeries::clockMegahertz},
    {QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "memory in use"), "MB", "deviceMemoryPlot", "memory",
     QT_TRANSLATE_NOOP("tandem::ui::DevicePlots", "No readings of memory in use"),
     &RunSeries::deviceMegabytes},
}};

}  // namespace

DevicePlots::DevicePlots(QWidget* parent) : QWidget(parent), note_(new QLabel(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(1);
  for (std::size_t i = 0; i < kPlots; ++i) {
    const Quantity& quantity = kQuantities[i];
    plots_[i] = new CurvePlot(tr(quantity.title), QString::fromUtf8(quantity.unit), splitter);
    plots_[i]->setObjectName(quantity.object);
    // All plots fit into a window 1280 pixels wide, so that none moves the docks when its readings arrive.
    plots_[i]->setMinimumWidth(kMinimumWidth);
    plots_[i]->setAxis(tr("seconds"), 1, 1);
    plots_[i]->eventLines()->setBySeconds(true);
    plots_[i]->setValueFromZero(quantity.curve != &RunSeries::celsius);
    if (quantity.curve == &RunSeries::celsius) plots_[i]->setMinimumSpan(kMinimumDegrees);
    plots_[i]->setLegendAt(Qt::AlignBottom | Qt::AlignRight);
    splitter->addWidget(plots_[i]);
    plots_[i]->hide();
    connect(plots_[i], &CurvePlot::pictureFailed, this, &DevicePlots::pictureFailed);
  }
  note_->setObjectName("deviceNote");
  note_->setWordWrap(true);
  note_->setMargin(6);
  note_->setTextFormat(Qt::PlainText);
  note_->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(splitter, 1);
  layout->addWidget(note_);
}

void DevicePlots::setRuns(std::vector<DrawnRun> runs) {
  runs_ = std::move(runs);
  rebuild();
}

void DevicePlots::rebuild() {
  bool any = false;
  for (std::size_t i = 0; i < kPlots; ++i) {
    std::vector<CurveSpec> curves;
    for (const DrawnRun& run : runs_) {
      const CurveStore& store = (run.series.get()->*kQuantities[i].curve)();
      if (store.empty()) continue;
      CurveSpec spec{runs_.size() == 1 ? tr(kQuantities[i].title) : run.label, run.color, false, run.series};
      spec.raw = &store;
      curves.push_back(std::move(spec));
    }
    hasCurves_[i] = !curves.empty();
    any = any || hasCurves_[i];
    plots_[i]->setCurves(std::move(curves));
    plots_[i]->legend->setVisible(runs_.size() > 1);  // a single curve is named by the axis
    plots_[i]->setVisible(hasCurves_[i]);
  }
  note_->setAlignment(any ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignCenter);
  note_->setSizePolicy(QSizePolicy::Preferred, any ? QSizePolicy::Maximum : QSizePolicy::Expanding);
  note_->setText(noteText());
  note_->setVisible(!note_->text().isEmpty());
}

void DevicePlots::refresh() {
  if (!isVisible()) return;
  std::array<bool, kPlots> now{};
  for (std::size_t i = 0; i < kPlots; ++i) {
    now[i] = std::any_of(runs_.begin(), runs_.end(), [&](const DrawnRun& run) {
      return !(run.series.get()->*kQuantities[i].curve)().empty();
    });
  }
  if (now != hasCurves_) {
    rebuild();
    return;
  }
  for (CurvePlot* plot : plots_) plot->refresh();
  if (const QString text = noteText(); text != note_->text()) note_->setText(text);
}

void DevicePlots::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void DevicePlots::fit() {
  for (CurvePlot* plot : plots_) plot->fit();
}

QString DevicePlots::note() const {
  return note_->text();
}

QString DevicePlots::noteText() const {
  if (runs_.empty()) return {};
  const auto gap = [&](std::string_view what) {
    for (const DrawnRun& run : runs_) {
      if (!run.series->sensorGaps()) continue;
      for (const SensorGap& g : *run.series->sensorGaps())
        if (g.what == what) return toQString(g.why);
    }
    return QString();
  };
  QStringList sentences;
  const bool any =
      std::any_of(runs_.begin(), runs_.end(), [](const DrawnRun& run) { return run.series->hasReadings(); });
  if (!any) {
    const QString why = gap("readings");
    if (!why.isEmpty()) return tr("No readings: %1.").arg(why);
    return runs_.front().series->sensorGaps() ? tr("The first readings appear shortly after the start.")
                                              : tr("No device readings were recorded.");
  }
  if (runs_.size() == 1 && runs_.front().series->joules())
    sentences << tr("Energy of the run: %1.").arg(joulesText(*runs_.front().series->joules()));
  for (std::size_t i = 0; i < kPlots; ++i) {
    if (hasCurves_[i]) continue;
    const QString why = gap(kQuantities[i].gap);
    sentences << (why.isEmpty() ? tr("No readings of %1 were recorded.").arg(tr(kQuantities[i].title))
                                : QString("%1: %2.").arg(tr(kQuantities[i].sentence), why));
  }
  return sentences.join(' ');
}

}  // namespace tandem::ui
