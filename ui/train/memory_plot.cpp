#include "ui/train/memory_plot.h"

#include <QElapsedTimer>
#include <algorithm>
#include <array>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

struct MemoryClass {
  const char* label;
  std::size_t MemoryUse::*bytes;
};
constexpr std::array<MemoryClass, 9> kClasses = {{
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Weights"), &MemoryUse::weights},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Gradients"), &MemoryUse::gradients},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Optimizer"), &MemoryUse::optimizer},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Statistics"), &MemoryUse::states},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Activations"), &MemoryUse::activations},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Workspace"), &MemoryUse::workspace},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Inputs"), &MemoryUse::inputs},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Context"), &MemoryUse::context},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "Checkpoint"), &MemoryUse::checkpoint},
}};

// The unit of the axis, which matches the texts above the bars.
struct Unit {
  const char* label;
  double bytes;
};
constexpr std::array<Unit, 3> kUnits = {{
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "memory (kB)"), 1e3},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "memory (MB)"), 1e6},
    {QT_TRANSLATE_NOOP("tandem::ui::MemoryPlot", "memory (GB)"), 1e9},
}};

const Unit& unitFor(double bytes) {
  return bytes < 1e6 ? kUnits[0] : bytes < 1e9 ? kUnits[1] : kUnits[2];
}

bool same(const MemoryUse& a, const MemoryUse& b) {
  return std::all_of(kClasses.begin(), kClasses.end(),
                     [&](const MemoryClass& c) { return a.*(c.bytes) == b.*(c.bytes); });
}

}  // namespace

MemoryPlot::MemoryPlot(QWidget* parent) : QCustomPlot(parent) {
  setMinimumSize(200, 110);
  setAccessibleName(tr("Memory by class"));
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    ticker->addTick(static_cast<double>(i), tr(kClasses[i].label));
  xAxis->setTicker(ticker);
  xAxis->setSubTicks(false);
  xAxis->setTickLength(0);
  xAxis->setRange(-0.6, static_cast<double>(kClasses.size()) - 0.4);
  yAxis->setLabel(tr(kUnits[1].label));
  yAxis->setNumberFormat("gbc");
  legend->setVisible(true);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    applyTheme();
    drawn_.clear();
    refresh();
  });
  applyTheme();
}

void MemoryPlot::applyTheme() {
  stylePlot(*this);
  xAxis->grid()->setVisible(false);
}

void MemoryPlot::setRuns(std::vector<DrawnRun> runs) {
  runs_ = std::move(runs);
  drawn_.clear();
  refresh();
}

void MemoryPlot::showEvent(QShowEvent* event) {
  QCustomPlot::showEvent(event);
  if (stale_) refresh();
}

double MemoryPlot::refresh() {
  stale_ = true;
  if (!isVisible()) return 0;
  stale_ = false;
  const bool unchanged =
      drawn_.size() == runs_.size() &&
      std::equal(drawn_.begin(), drawn_.end(), runs_.begin(),
                 [](const MemoryUse& d, const DrawnRun& run) { return same(d, run.series->memory()); });
  if (unchanged) return 0;
  QElapsedTimer clock;
  clock.start();
  clearPlottables();
  clearItems();
  drawn_.clear();
  auto* group = new QCPBarsGroup(this);
  group->setSpacingType(QCPBarsGroup::stAbsolute);
  group->setSpacing(1);
  const double width = 0.7 / static_cast<double>(std::max<std::size_t>(1, runs_.size()));
  double highest = 0;
  for (const DrawnRun& run : runs_) {
    drawn_.push_back(run.series->memory());
    for (const MemoryClass& c : kClasses)
      highest = std::max(highest, static_cast<double>(drawn_.back().*(c.bytes)));
  }
  const Unit& unit = unitFor(highest);
  for (std::size_t r = 0; r < runs_.size(); ++r) {
    const DrawnRun& run = runs_[r];
    const MemoryUse& use = drawn_[r];
    auto* bars = new QCPBars(xAxis, yAxis);
    bars->setBarsGroup(group);
    bars->setWidth(width);
    bars->setPen(Qt::NoPen);
    bars->setBrush(run.color);
    bars->setName(tr("%1: %2").arg(run.label, bytesText(static_cast<double>(use.total()))));
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      const double bytes = static_cast<double>(use.*(kClasses[i].bytes));
      bars->addData(static_cast<double>(i), bytes / unit.bytes);
      if (runs_.size() > 1 || bytes <= 0) continue;  // thin bars have no space for text
      auto* text = new QCPItemText(this);
      text->position->setCoords(static_cast<double>(i), bytes / unit.bytes);
      text->setPositionAlignment(Qt::AlignHCenter | Qt::AlignBottom);
      text->setText(bytesText(bytes));
      text->setFont(xAxis->tickLabelFont());
      text->setColor(Theme::instance().colors().text);
    }
  }
  yAxis->setLabel(tr(unit.label));
  yAxis->setRange(0, highest > 0 ? highest / unit.bytes * 1.15 : 1);
  replot(QCustomPlot::rpRefreshHint);
  return static_cast<double>(clock.nsecsElapsed()) * 1e-6;
}

}  // namespace tandem::ui
