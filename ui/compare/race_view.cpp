#include "ui/compare/race_view.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QRadioButton>
#include <QSettings>
#include <QSplitter>
#include <QTableView>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/train/curve_plot.h"

namespace tandem::ui {
namespace {

constexpr double kSmoothing = 0.95;        // about the last 20 steps
constexpr double kShortestSeconds = 1e-3;  // that the time axis shows
constexpr Qt::PenStyle kLines[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};

}  // namespace

RaceView::RaceView(QWidget* parent) : QWidget(parent) {
  setObjectName("raceView");
  auto* left = new QWidget(this);
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 3, 8, 3);
  row->addWidget(new QLabel(tr("Loss by"), left));
  axis_ = new QButtonGroup(this);
  const auto choice = [&](int id, const QString& name, const QString& text, const QString& tip) {
    auto* button = new QRadioButton(text, left);
    button->setObjectName(name);
    button->setToolTip(tip);
    axis_->addButton(button, id);
    row->addWidget(button);
  };
  choice(0, "twinByStep", tr("step"), tr("What each side makes of the same number of steps"));
  choice(1, "twinByTime", tr("time"), tr("What each side makes of the same seconds; pauses are left out"));
  row->setSpacing(10);
  row->addStretch(1);
  smoothBox_ = new QCheckBox(tr("Smooth"), left);
  smoothBox_->setObjectName("twinSmooth");
  smoothBox_->setToolTip(tr("Moving average over the raw curves, which stay visible behind it"));
  logBox_ = new QCheckBox(tr("Log"), left);
  logBox_->setObjectName("twinLog");
  logBox_->setToolTip(tr("Logarithmic axis of the loss"));
  row->addWidget(smoothBox_);
  row->addWidget(logBox_);
  plot_ = new CurvePlot(tr("loss"), {}, left);
  plot_->setObjectName("twinPlot");
  column->addLayout(row);
  column->addWidget(plot_, 1);

  table_ = new QTableView(this);
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

  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setObjectName("raceSplitter");
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(1);
  splitter->addWidget(left);
  splitter->addWidget(table_);
  splitter->setSizes({1200, 1000});
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(splitter);

  const QSettings settings;
  axis_->button(settings.value("twin/byTime", false).toBool() ? 1 : 0)->setChecked(true);
  smoothBox_->setChecked(settings.value("twin/smooth", true).toBool());
  logBox_->setChecked(settings.value("twin/logarithmic", false).toBool());
  plot_->setLogarithmic(logBox_->isChecked());
  connect(axis_, &QButtonGroup::idClicked, this, [this](int id) {
    QSettings().setValue("twin/byTime", id == 1);
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
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    rebuild();
    model_.refresh();
  });
}

void RaceView::setBoard(std::shared_ptr<TwinBoard> board) {
  board_ = std::move(board);
  model_.setBoard(board_);
  const int em = fontMetrics().horizontalAdvance('m');
  const auto sides = board_ == nullptr ? 0 : static_cast<int>(board_->sides.size());
  for (int side = 0; side < sides; ++side) table_->setColumnWidth(side, em * 17);
  rebuild();
  plot_->fit();
}

void RaceView::rebuild() {
  std::vector<CurveSpec> curves;
  const bool byTime = axis_->checkedId() == 1;
  const bool smoothed = smoothBox_->isChecked();
  smooth();
  for (std::size_t k = 0; board_ != nullptr && k < board_->sides.size(); ++k) {
    const SideBoard& side = board_->sides[k];
    CurveSpec spec{toQString(board_->record.sides[k].label), Theme::instance().curve(static_cast<int>(k)),
                   false, board_};
    spec.raw = byTime ? &side.byTime : &side.byStep;
    if (smoothed) spec.smooth = byTime ? &side.smoothByTime.curve() : &side.smoothByStep.curve();
    // Sides that agree lie on one another: gaps let the one below be seen.
    spec.line = kLines[k % std::size(kLines)];
    curves.push_back(std::move(spec));
  }
  plot_->setAxis(byTime ? tr("seconds") : tr("step"), byTime ? 2 : 0, byTime ? kShortestSeconds : 1);
  plot_->setCurves(std::move(curves));
}

void RaceView::smooth() {
  if (board_ == nullptr || !smoothBox_->isChecked()) return;
  for (SideBoard& side : board_->sides) side.smooth(kSmoothing);
}

void RaceView::curvesGrew() {
  if (!isVisible()) return;
  smooth();
  plot_->refresh();
}

void RaceView::figuresChanged() {
  if (isVisible()) model_.refresh();
}

void RaceView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  smooth();
  plot_->refresh();
  model_.refresh();
}

}  // namespace tandem::ui
