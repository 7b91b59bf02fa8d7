#include "ui/compare/layer_bars.h"

#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

constexpr int kBarPixels = 14;
constexpr int kGapPixels = 10;         // between layers
constexpr int kAxisPixels = 60;        // axis and its label
constexpr double kLabelMargin = 1.45;  // axis length relative to the longest bar, to fit its label
constexpr double kGroup = 0.8;         // fraction of the distance between layers that bars fill

// All layers timed on any side, in the order in which they first appear.
std::vector<std::string> layersOf(const TwinRecord& record) {
  std::vector<std::string> names;
  for (const TwinSideRecord& side : record.sides)
    for (const auto& layer : side.profile.layers)
      if (std::ranges::find(names, layer.layer) == names.end()) names.push_back(layer.layer);
  return names;
}

// "15.4 ms · 31 GFLOP/s · 12 GB/s · compute-bound, 61% of peak"
QString barText(const TwinSideRecord& side, const ProfileRecord::LayerTime& layer) {
  QString text = LayerBars::tr("%1 ms").arg(1e3 * (layer.forward + layer.backward), 0, 'g', 3);
  const auto rate = std::ranges::find(side.rates, layer.layer, &LayerRate::layer);
  if (rate == side.rates.end() || rate->seconds <= 0) return text;
  if (rate->flops > 0)
    text += LayerBars::tr(" · %1 GFLOP/s").arg(rate->flops / rate->seconds / 1e9, 0, 'g', 3);
  text += LayerBars::tr(" · %1 GB/s").arg(rate->bytes / rate->seconds / 1e9, 0, 'g', 3);
  if (!rate->bound.empty())
    text += LayerBars::tr(" · %1-bound, %2% of peak")
                .arg(toQString(rate->bound))
                .arg(100 * rate->share, 0, 'f', 0);
  return text;
}

constexpr std::size_t kMarkedSides = 3;  // maximum whose times fit on a node

// Two digits, without exponents: "190", "1.9", "0.19".
QString msText(double seconds) {
  const double ms = 1e3 * seconds;
  if (ms < 1e-3) return LayerBars::tr("<0.001");
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(ms))), 0, 3);
  return QString::number(ms, 'f', decimals);
}

// seconds: of one layer by side; 0: not timed there. The text lists all times or, for many sides, gives the
// range from the fastest to the slowest.
NodeMark markOf(const std::vector<double>& seconds) {
  QStringList texts;
  double slowest = 0;
  std::size_t fastest = 0;
  for (std::size_t k = 0; k < seconds.size(); ++k) {
    texts << (seconds[k] > 0 ? msText(seconds[k]) : QStringLiteral("–"));
    slowest = std::max(slowest, seconds[k]);
    if (seconds[k] > 0 && (seconds[fastest] <= 0 || seconds[k] < seconds[fastest])) fastest = k;
  }
  QString text = texts.join(" | ");
  if (texts.size() > static_cast<qsizetype>(kMarkedSides)) {
    text = msText(seconds[fastest]);
    if (msText(slowest) != text) text = LayerBars::tr("%1 to %2").arg(text, msText(slowest));
  }
  return {Theme::instance().curve(static_cast<int>(fastest)), LayerBars::tr("%1 ms").arg(text)};
}

}  // namespace

LayerBars::LayerBars(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("layerBars");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  stack_ = new QStackedWidget(this);
  auto* empty = new QLabel(tr("No layer has been timed yet."), this);
  empty->setAlignment(Qt::AlignCenter);
  empty->setForegroundRole(QPalette::PlaceholderText);
  area_ = new QScrollArea(this);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setWidgetResizable(true);
  plot_ = new QCustomPlot(area_);
  plot_->setObjectName("layerBarsPlot");
  plot_->setAccessibleName(tr("Time by layer"));
  plot_->xAxis->setLabel(tr("ms per step (solid: forward, hatched: backward)"));
  plot_->xAxis->setNumberFormat("gbc");
  plot_->yAxis->setRangeReversed(true);  // the first layer on top
  plot_->yAxis->setSubTicks(false);
  plot_->yAxis->setTickLength(0);
  plot_->axisRect()->setMinimumMargins(QMargins(8, 8, 16, 6));
  plot_->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
  area_->setWidget(plot_);
  stack_->addWidget(empty);
  stack_->addWidget(area_);
  layout->addWidget(stack_);
  connect(&Theme::instance(), &Theme::changed, this, &LayerBars::refresh);
  connect(&document_, &ProjectDocument::networkChanged, this, &LayerBars::showMarks);
  connect(&document_, &ProjectDocument::aboutChanged, this, &LayerBars::showMarks);
}

void LayerBars::setViewModel(std::shared_ptr<const TwinViewModel> viewModel) {
  viewModel_ = std::move(viewModel);
  refresh();
}

void LayerBars::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  rebuild();
}

void LayerBars::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  showMarks();
}

void LayerBars::refresh() {
  if (isVisible()) rebuild();
}

void LayerBars::showMarks() {
  std::map<LayerId, NodeMark> marks;
  if (viewModel_ != nullptr && isVisible()) {
    const std::vector<TwinSideRecord>& sides = viewModel_->record.sides;
    // The copies of a repeated block are drawn once, so their times are added.
    std::map<LayerId, std::vector<double>> seconds;
    for (std::size_t k = 0; k < sides.size(); ++k)
      for (const auto& layer : sides[k].profile.layers)
        if (const auto id = viewModel_->drawn(layer.layer, document_.project())) {
          seconds[*id].resize(sides.size());
          seconds[*id][k] += layer.forward + layer.backward;
        }
    for (const auto& [id, times] : seconds) marks[id] = markOf(times);
  }
  Q_EMIT marksChanged(marks);
}

void LayerBars::rebuild() {
  const std::vector<std::string> layers =
      viewModel_ == nullptr ? std::vector<std::string>() : layersOf(viewModel_->record);
  stack_->setCurrentIndex(layers.empty() ? 0 : 1);
  showMarks();
  if (layers.empty()) return;
  const std::vector<TwinSideRecord>& sides = viewModel_->record.sides;
  stylePlot(*plot_);
  plot_->yAxis->grid()->setVisible(false);
  plot_->clearPlottables();
  plot_->clearItems();
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  for (std::size_t i = 0; i < layers.size(); ++i)
    ticker->addTick(static_cast<double>(i), toQString(layers[i]));
  plot_->yAxis->setTicker(ticker);
  plot_->yAxis->setRange(-0.6, static_cast<double>(layers.size()) - 0.4);
  auto* group = new QCPBarsGroup(plot_);
  group->setSpacingType(QCPBarsGroup::stAbsolute);
  group->setSpacing(1);
  double longest = 0;
  for (std::size_t k = 0; k < sides.size(); ++k) {
    const QColor color = Theme::instance().curve(static_cast<int>(k));
    const auto bars = [&](const QString& name, const QBrush& brush) {
      auto* result = new QCPBars(plot_->yAxis, plot_->xAxis);
      result->setBarsGroup(group);
      result->setWidth(kGroup / static_cast<double>(sides.size()));
      result->setPen(QPen(color, 1));
      result->setBrush(brush);
      result->setName(name);
      return result;
    };
    QCPBars* forward = bars(toQString(sides[k].label), color);
    QCPBars* backward = bars({}, QBrush(color, Qt::BDiagPattern));
    backward->moveAbove(forward);
    backward->removeFromLegend();
    const double width = kGroup / static_cast<double>(sides.size());
    const double offset = (static_cast<double>(k) - (static_cast<double>(sides.size()) - 1) / 2) * width;
    for (const auto& layer : sides[k].profile.layers) {
      const auto at = static_cast<double>(std::ranges::find(layers, layer.layer) - layers.begin());
      forward->addData(at, 1e3 * layer.forward);
      backward->addData(at, 1e3 * layer.backward);
      const double end = 1e3 * (layer.forward + layer.backward);
      longest = std::max(longest, end);
      auto* text = new QCPItemText(plot_);
      text->position->setCoords(end, at + offset);
      text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
      text->setPadding(QMargins(4, 0, 0, 0));
      text->setText(barText(sides[k], layer));
      text->setFont(plot_->xAxis->tickLabelFont());
      text->setColor(Theme::instance().colors().text);
    }
  }
  plot_->xAxis->setRange(0, longest > 0 ? kLabelMargin * longest : 1);
  plot_->legend->setVisible(true);
  const int wanted =
      static_cast<int>(layers.size()) * (static_cast<int>(sides.size()) * kBarPixels + kGapPixels);
  plot_->setMinimumHeight(wanted + kAxisPixels);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace tandem::ui
