#include "ui/compare/race_view.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QSplitter>
#include <QTableView>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/train/curve_plot.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr double kSmoothing = 0.95;  // about the last 20 steps
constexpr Qt::PenStyle kLines[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
constexpr auto kAxisKey = "twin/axis";

struct AxisOption {
  const char* name;  // object name of the button
  const char* text;  // of the button, to be translated
  const char* tip;   // to be translated
  const char* key;   // in the settings
  int decimals;      // shown at the cursor
  double narrowest;  // smallest range of the axis
};
// By CurveAxis.
constexpr AxisOption kAxes[] = {
    {"twinByStep", QT_TRANSLATE_NOOP("tandem::ui::RaceView", "step"),
     QT_TRANSLATE_NOOP("tandem::ui::RaceView", "Loss after the same number of steps"), "step", 0, 1},
    {"twinByEpoch", QT_TRANSLATE_NOOP("tandem::ui::RaceView", "epoch"),
     QT_TRANSLATE_NOOP("tandem::ui::RaceView",
                       "Loss after the same number of samples, even with different batch sizes"),
     "epoch", 3, 1e-3},
    {"twinByTime", QT_TRANSLATE_NOOP("tandem::ui::RaceView", "time"),
     QT_TRANSLATE_NOOP("tandem::ui::RaceView", "Loss after the same time, without pauses"), "time", 2, 1e-3},
    {"twinByEnergy", QT_TRANSLATE_NOOP("tandem::ui::RaceView", "energy"),
     QT_TRANSLATE_NOOP("tandem::ui::RaceView", "Loss at the same energy use"), "energy", 1, 1e-3},
    {"twinByCost", QT_TRANSLATE_NOOP("tandem::ui::RaceView", "cost"),
     QT_TRANSLATE_NOOP("tandem::ui::RaceView", "Loss at the same cost"), "cost", 6, 1e-9}};
static_assert(std::size(kAxes) == kCurveAxes);

}  // namespace

RaceView::RaceView(QWidget* parent) : QWidget(parent) {
  setObjectName("raceView");
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setObjectName("raceSplitter");
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(1);
  splitter->addWidget(buildPlot());
  splitter->addWidget(buildTable());
  splitter->setSizes({1200, 1000});
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(splitter);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    rebuild();
    model_.refresh();
  });
  updateTargetAndPrices();
}

QWidget* RaceView::buildPlot() {
  auto* side = new QWidget(this);
  auto* column = new QVBoxLayout(side);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 3, 8, 3);
  row->setSpacing(10);
  row->addWidget(new QLabel(tr("Loss by"), side));
  axis_ = new QButtonGroup(this);
  const QSettings settings;
  const QString storedAxis = settings.value(kAxisKey, kAxes[0].key).toString();
  for (int id = 0; id < static_cast<int>(kCurveAxes); ++id) {
    const AxisOption& option = kAxes[id];
    auto* button = new QRadioButton(tr(option.text), side);
    button->setObjectName(option.name);
    button->setChecked(id == 0 || storedAxis == option.key);
    axis_->addButton(button, id);
    row->addWidget(button);
  }
  row->addStretch(1);
  smoothBox_ = new QCheckBox(tr("Smooth"), side);
  smoothBox_->setObjectName("twinSmooth");
  smoothBox_->setToolTip(tr("Show a moving average in front of the raw curves"));
  smoothBox_->setChecked(settings.value("twin/smooth", true).toBool());
  logBox_ = new QCheckBox(tr("Log"), side);
  logBox_->setObjectName("twinLog");
  logBox_->setToolTip(tr("Logarithmic loss axis"));
  logBox_->setChecked(settings.value("twin/logarithmic", false).toBool());
  row->addWidget(smoothBox_);
  row->addWidget(logBox_);
  plot_ = new CurvePlot(tr("loss"), {}, side);
  plot_->setObjectName("twinPlot");
  plot_->setLogarithmic(logBox_->isChecked());
  column->addLayout(row);
  column->addWidget(plot_, 1);
  connect(axis_, &QButtonGroup::idClicked, this, [this](int id) {
    QSettings().setValue(kAxisKey, kAxes[id].key);
    rebuild();
    plot_->fit();
  });
  connect(smoothBox_, &QCheckBox::toggled, this, [this](bool on) {
    QSettings().setValue("twin/smooth", on);
    rebuild();
  });
  connect(logBox_, &QCheckBox::toggled, this, [this](bool on) {
    QSettings().setValue("twin/logarithmic", on);
    plot_->setLogarithmic(on);
  });
  connect(plot_, &CurvePlot::pictureFailed, this, &RaceView::pictureFailed);
  return side;
}

QWidget* RaceView::buildTable() {
  auto* side = new QWidget(this);
  auto* column = new QVBoxLayout(side);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 3, 8, 3);
  row->setSpacing(8);
  auto* caption = new QLabel(tr("Tar&get loss"), side);
  target_ = new NumberBox(NumberBox::Real, side);
  target_->setZeroText(tr("lowest reached by all"));
  describe(target_, "twinTarget", caption->text(),
           tr("The table shows the steps, time, energy and cost until the moving average of the loss reaches "
              "this value; 0: the lowest value that all sides reach"));
  caption->setBuddy(target_);
  prices_ = new QPushButton(tr("P&rices…"), side);
  prices_->setAutoDefault(false);
  prices_->setObjectName("twinPrices");
  row->addWidget(caption);
  row->addWidget(target_);
  row->addStretch(1);
  row->addWidget(prices_);
  table_ = new QTableView(side);
  table_->setObjectName("sidesTable");
  table_->setAccessibleName(tr("Sides"));
  table_->setModel(&model_);
  table_->setShowGrid(false);
  table_->setAlternatingRowColors(true);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
  table_->verticalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setHighlightSections(false);
  column->addLayout(row);
  column->addWidget(table_, 1);
  connect(target_, &NumberBox::valueChanged, this,
          [this](double loss) { Q_EMIT targetChosen(loss > 0 ? std::optional(loss) : std::nullopt); });
  connect(prices_, &QPushButton::clicked, this, &RaceView::pricesRequested);
  return side;
}

CurveAxis RaceView::axis() const {
  // Falls back if this twin run has no data for the axis; the choice stays for the next one.
  const int id = axis_->checkedId();
  return axis_->button(id)->isEnabled() ? static_cast<CurveAxis>(id) : CurveAxis::Step;
}

// Enables energy and cost once they are known; the tooltips say what is missing.
void RaceView::updateAxes() {
  const CurveAxis before = axis();
  for (int id = 0; id < static_cast<int>(kCurveAxes); ++id) {
    const auto over = static_cast<CurveAxis>(id);
    bool known = false;
    QStringList missing;
    for (std::size_t k = 0; viewModel_ != nullptr && k < viewModel_->sides.size(); ++k) {
      const TwinSideRecord& side = viewModel_->record.sides[k];
      if (!viewModel_->sides[k].over(over).raw.empty())
        known = true;
      else if (!side.noEnergy.empty() && over >= CurveAxis::Joules)
        missing << tr("%1: %2").arg(toQString(side.label), toQString(side.noEnergy));
    }
    QString tip = tr(kAxes[id].tip);
    if (!known && viewModel_ != nullptr && !viewModel_->live) {
      if (over == CurveAxis::Joules) tip = tr("Not measured.");
      if (over == CurveAxis::Money) tip = tr("Neither the energy use nor an hourly device price is known.");
    }
    if (!missing.isEmpty()) tip += "\n" + missing.join('\n');
    QAbstractButton* button = axis_->button(id);
    button->setToolTip(tip);
    const bool always = over == CurveAxis::Step || over == CurveAxis::Seconds;
    button->setEnabled(known || always || viewModel_ == nullptr);
  }
  if (axis() == before) return;
  rebuild();
  plot_->fit();
}

void RaceView::updateTargetAndPrices() {
  const bool race = viewModel_ != nullptr && viewModel_->record.mode == TwinMode::Race;
  target_->setEnabled(race);
  prices_->setEnabled(race && !viewModel_->live);
  prices_->setToolTip(race && viewModel_->live ? tr("Prices can be changed after the race")
                                               : tr("Set the prices of electricity and device time"));
  const QSignalBlocker quiet(target_);
  target_->setValue(race ? viewModel_->record.targetLoss.value_or(0) : 0);
}

void RaceView::setViewModel(std::shared_ptr<TwinViewModel> viewModel) {
  viewModel_ = std::move(viewModel);
  model_.setViewModel(viewModel_);
  const int em = fontMetrics().horizontalAdvance('m');  // two columns fit beside the plot
  const auto sides = viewModel_ == nullptr ? 0 : static_cast<int>(viewModel_->sides.size());
  for (int side = 0; side < sides; ++side) table_->setColumnWidth(side, em * 14);
  widenColumns();
  updateTargetAndPrices();
  updateAxes();
  rebuild();
  plot_->fit();
}

void RaceView::widenColumns() {
  const QAbstractItemView* cells = table_;  // QTableView makes sizeHintForColumn() protected
  const int limit = fontMetrics().horizontalAdvance('m') * 32;
  for (int side = 0; side < model_.columnCount(); ++side) {
    const int cell = std::min(cells->sizeHintForColumn(side), limit);  // limited, because errors can be long
    const int wanted = std::max(table_->horizontalHeader()->sectionSizeHint(side), cell);
    if (table_->columnWidth(side) < wanted) table_->setColumnWidth(side, wanted);
  }
}

void RaceView::rebuild() {
  std::vector<CurveSpec> curves;
  const CurveAxis over = axis();
  const bool smoothed = smoothBox_->isChecked();
  smooth();
  for (std::size_t k = 0; viewModel_ != nullptr && k < viewModel_->sides.size(); ++k) {
    const SideViewModel& side = viewModel_->sides[k];
    CurveSpec spec{toQString(viewModel_->record.sides[k].label), Theme::instance().curve(static_cast<int>(k)),
                   false, viewModel_};
    if (side.over(over).raw.empty() && !viewModel_->live) continue;
    spec.raw = &side.over(over).raw;
    if (smoothed) spec.smooth = &side.over(over).smooth.curve();
    // The curves of sides that agree overlap; different line styles keep the lower ones visible.
    spec.line = kLines[k % std::size(kLines)];
    curves.push_back(std::move(spec));
  }
  const AxisOption& option = kAxes[static_cast<std::size_t>(over)];
  QString title = tr(option.text);
  if (over == CurveAxis::Seconds) title = tr("seconds");
  if (over == CurveAxis::Joules) title = tr("joules");
  if (over == CurveAxis::Money && viewModel_ != nullptr)
    title = tr("cost (%1)").arg(toQString(viewModel_->record.tariff.currency));
  plot_->setAxis(title, option.decimals, option.narrowest);
  plot_->setCurves(std::move(curves));
}

void RaceView::smooth() {
  if (viewModel_ == nullptr || !smoothBox_->isChecked()) return;
  for (SideViewModel& side : viewModel_->sides) side.smooth(axis(), kSmoothing);
}

void RaceView::curvesGrew() {
  if (!isVisible()) return;
  smooth();
  plot_->refresh();
}

void RaceView::figuresChanged() {
  if (!isVisible()) return;
  updateTargetAndPrices();
  updateAxes();
  model_.refresh();
  widenColumns();
}

void RaceView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  updateTargetAndPrices();
  updateAxes();
  smooth();
  plot_->refresh();
  model_.refresh();
  widenColumns();
}

}  // namespace tandem::ui
