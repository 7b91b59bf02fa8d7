#include "ui/train/curve_plot.h"

#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>
#include <cmath>
#include <optional>

#include "ui/theme/theme.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

constexpr double kMargin = 0.05;  // fraction of the range, above and below
constexpr int kDotSize = 6;
constexpr int kDotSpacing = 2 * kDotSize;  // pixels per dot; dots closer than that are not drawn
constexpr std::size_t kMaxLegendEntries = 16;
constexpr int kFaintAlpha = 85;

// Returns the point nearest to x; a linear search, for short lists.
const CurvePoint* nearestOf(const std::vector<CurvePoint>& points, double x) {
  const CurvePoint* best = nullptr;
  for (const CurvePoint& point : points) {
    if (best == nullptr || std::abs(point.x - x) < std::abs(best->x - x)) best = &point;
  }
  return best;
}

constexpr int kMaxTicks = 5;
constexpr int kSnap = 12;       // pixels beyond the ends of a curve at which its last value is shown
constexpr int kAxisWidth = 60;  // approximate width of the y axis and its labels

QString numberText(double value) {
  return QString::number(value, 'g', 4);
}

}  // namespace

CurvePlot::CurvePlot(const QString& title, const QString& unit, QWidget* parent)
    : QCustomPlot(parent), title_(title), unit_(unit) {
  setMinimumSize(160, 110);
  setFocusPolicy(Qt::StrongFocus);
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setNoAntialiasingOnDrag(true);
  setPlottingHint(QCP::phFastPolylines, true);
  addLayer("events", layer("grid"), QCustomPlot::limAbove);
  lines_ = new EventLines(this, "events");
  addLayer("cursor");
  layer("cursor")->setMode(QCPLayer::lmBuffered);
  cursor_ = new QCPItemLine(this);
  cursor_->setLayer("cursor");
  cursor_->setVisible(false);
  readOut_ = new QLabel(this);
  readOut_->setObjectName("plotReadOut");
  readOut_->setTextFormat(Qt::RichText);
  readOut_->setAttribute(Qt::WA_TransparentForMouseEvents);
  readOut_->setAutoFillBackground(true);
  readOut_->setMargin(5);
  readOut_->hide();
  setAxis(tr("step"), 0, 1);
  xAxis->setNumberFormat("gbc");
  yAxis->setNumberFormat("gbc");
  xAxis->setNumberPrecision(6);
  yAxis->setNumberPrecision(6);
  axisRect()->setupFullAxesBox(false);
  for (QCPAxis* axis : {xAxis2, yAxis2}) axis->setTicks(false);
  axisRect()->setMinimumMargins(QMargins(8, 8, 12, 6));
  legend->setVisible(true);
  legend->setRowSpacing(0);
  setLegendAt(Qt::AlignTop | Qt::AlignRight);
  setTitle(title);

  connect(this, &QCustomPlot::mouseDoubleClick, this, [this] { fit(); });
  connect(this, &QCustomPlot::mouseWheel, this,
          [this](QWheelEvent* event) { zoomOrientation(event->position().toPoint()); });
  connect(this, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) { showReadOut(event->pos()); });
  connect(this, &QCustomPlot::legendClick, this,
          [this](QCPLegend*, QCPAbstractLegendItem* item, QMouseEvent*) {
            auto* entry = qobject_cast<QCPPlottableLegendItem*>(item);
            if (entry != nullptr)
              setCurveVisible(entry->plottable()->name(), !isCurveVisible(entry->plottable()->name()));
          });
  // Zooming or panning by the user ends following; programmatic range changes do not.
  const auto moved = [this](const QCPRange&) {
    if (settingRange_) return;
    following_ = false;
    fillGraphs();
  };
  connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, moved);
  connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, moved);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    applyTheme();
    refresh();
  });
  applyTheme();
}

void CurvePlot::setTitle(const QString& title) {
  title_ = title;
  yAxis->setLabel(unit_.isEmpty() ? title : tr("%1 (%2)").arg(title, unit_));
  setAccessibleName(title);
}

void CurvePlot::setAxis(const QString& title, int decimals, double minimumRange) {
  xTitle_ = title;
  xDecimals_ = decimals;
  minimumRange_ = minimumRange;
  xAxis->setLabel(title);
}

void CurvePlot::setLegendAt(Qt::Alignment alignment) {
  axisRect()->insetLayout()->setInsetAlignment(0, alignment);
}

void CurvePlot::applyTheme() {
  stylePlot(*this);
  const ThemeColors& c = Theme::instance().colors();
  cursor_->setPen(QPen(c.mutedText, 0, Qt::DashLine));
  QPalette tip = palette();
  tip.setColor(QPalette::Window, c.raised);
  tip.setColor(QPalette::WindowText, c.text);
  readOut_->setPalette(tip);
  readOut_->setFont(legend->font());
  stale_ = true;
}

void CurvePlot::setCurves(std::vector<CurveSpec> curves) {
  curves_ = std::move(curves);
  rebuild();
}

void CurvePlot::setEvents(std::vector<EventSpec> events) {
  events_ = std::move(events);
  fillEvents();
}

// Hiding a run also hides its events.
void CurvePlot::fillEvents() {
  std::vector<EventSpec> visible;
  for (const EventSpec& spec : events_) {
    if (isCurveVisible(spec.label)) visible.push_back(spec);
  }
  lines_->setEvents(std::move(visible));
}

void CurvePlot::setEventsShown(bool events, bool checkpoints) {
  lines_->setShown(events, checkpoints);
  refresh();
}

void CurvePlot::rebuild() {
  fillEvents();
  const QCPRange x = xAxis->range(), y = yAxis->range();
  clearGraphs();
  graphs_.clear();
  settingRange_ = true;
  for (const CurveSpec& spec : curves_) {
    Graphs g;
    const bool visible = isCurveVisible(spec.label);
    const auto add = [&](const QPen& pen, bool antialiased) {
      QCPGraph* graph = addGraph();
      graph->setPen(pen);
      graph->setAntialiased(antialiased);
      graph->setAdaptiveSampling(false);  // CurveStore has already decimated, exactly
      graph->setName(spec.label);
      graph->setVisible(visible);
      graph->removeFromLegend();
      return graph;
    };
    QColor faint = spec.color;
    faint.setAlpha(kFaintAlpha);
    const Qt::PenStyle style = spec.dashed ? Qt::DashLine : Qt::SolidLine;
    if (spec.raw != nullptr)
      g.raw = add(QPen(spec.smooth != nullptr ? faint : spec.color, 1, spec.line), false);
    if (spec.smooth != nullptr) g.main = add(QPen(spec.color, 1.8, spec.line), true);
    if (spec.points != nullptr) {
      g.points = add(QPen(spec.color, 1.6, style), true);
      g.points->setAdaptiveSampling(true);  // a run may have many epochs
    }
    QCPGraph* shown = g.main != nullptr ? g.main : g.points != nullptr ? g.points : g.raw;
    if (shown != nullptr) {
      shown->addToLegend();
      legend->itemWithPlottable(shown)->setTextColor(visible ? Theme::instance().colors().text
                                                             : Theme::instance().colors().mutedText);
      if (!visible) {
        QFont struck = legend->font();
        struck.setStrikeOut(true);
        legend->itemWithPlottable(shown)->setFont(struck);
      }
    }
    graphs_.push_back(g);
  }
  // A longer legend would cover the curves; the list of runs shows the colours, too.
  legend->setVisible(curves_.size() <= kMaxLegendEntries);
  if (!following_) {
    xAxis->setRange(x);
    yAxis->setRange(y);
  }
  settingRange_ = false;
  refresh();
}

void CurvePlot::setLogarithmic(bool on) {
  if (on == logarithmic_) return;
  logarithmic_ = on;
  settingRange_ = true;
  yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                      : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  yAxis->setNumberFormat(on ? "g" : "gbc");
  settingRange_ = false;
  fit();
}

void CurvePlot::setCurveVisible(const QString& label, bool visible) {
  if (visible) {
    hidden_.remove(label);
  } else {
    hidden_.insert(label);
  }
  rebuild();
}

void CurvePlot::fit() {
  following_ = true;
  refresh();
}

double CurvePlot::refresh() {
  stale_ = true;
  if (!isVisible()) return 0;
  QElapsedTimer clock;
  clock.start();
  stale_ = false;
  if (following_) fitRanges();
  fillGraphs();
  replot(QCustomPlot::rpRefreshHint);  // draws immediately, so that the time is measured
  return static_cast<double>(clock.nsecsElapsed()) * 1e-6;
}

void CurvePlot::fitRanges() {
  CurveRange x, y;
  constexpr double kAll = std::numeric_limits<double>::max();
  for (const CurveSpec& spec : curves_) {
    if (!isCurveVisible(spec.label)) continue;
    for (const CurveStore* store : {spec.raw, spec.smooth}) {
      if (store == nullptr || store->empty()) continue;
      x.include(store->firstX());
      x.include(store->lastX());
      const CurveRange values = store->range(-kAll, kAll, logarithmic_);
      if (values.empty()) continue;
      y.include(values.low);
      y.include(values.high);
    }
    if (spec.points == nullptr) continue;
    for (const CurvePoint& point : *spec.points) {
      x.include(point.x);
      if (std::isfinite(point.y) && (!logarithmic_ || point.y > 0)) y.include(point.y);
    }
  }
  settingRange_ = true;
  if (x.empty()) x = {0, 1};
  if (x.high - x.low < minimumRange_) x.high = x.low + minimumRange_;
  xAxis->setRange(x.low, x.high);
  if (y.empty()) y = logarithmic_ ? CurveRange{0.1, 1} : CurveRange{0, 1};
  if (logarithmic_) {
    const double margin = std::pow(std::max(y.high / y.low, 1.1), kMargin);
    yAxis->setRange(y.low / margin, y.high * margin);
  } else {
    if (fromZero_) y.include(0);
    if (const double missing = minimumSpan_ - (y.high - y.low); missing > 0) {
      y.low -= missing / 2;
      y.high += missing / 2;
    }
    const double span = std::max(y.high - y.low, std::max(1e-9, std::abs(y.high) * 0.05));
    const bool floor = fromZero_ && y.low == 0;
    yAxis->setRange(floor ? 0 : y.low - span * kMargin, y.high + span * kMargin);
  }
  settingRange_ = false;
}

void CurvePlot::fillGraphs() {
  const QCPRange x = xAxis->range();
  const int pixels = std::max(1, static_cast<int>(axisRect()->width() * devicePixelRatioF()));
  const auto put = [&](QCPGraph* graph, const CurveStore& store) {
    store.decimate(x.lower, x.upper, pixels, scratch_);
    const QSharedPointer<QCPGraphDataContainer> container(new QCPGraphDataContainer);
    QVector<QCPGraphData> rows;
    rows.reserve(static_cast<qsizetype>(scratch_.size()));
    for (const CurvePoint& point : scratch_) rows.push_back(QCPGraphData(point.x, point.y));
    container->set(rows, true);
    graph->setData(container);
    // A line needs two points; the first step of a run shows as a dot.
    graph->setScatterStyle(rows.size() == 1 ? QCPScatterStyle(QCPScatterStyle::ssDisc, kDotSize)
                                            : QCPScatterStyle(QCPScatterStyle::ssNone));
  };
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const CurveSpec& spec = curves_[i];
    const Graphs& g = graphs_[i];
    if (!isCurveVisible(spec.label)) continue;
    if (g.raw != nullptr) put(g.raw, *spec.raw);
    if (g.main != nullptr) put(g.main, *spec.smooth);
    if (g.points == nullptr) continue;
    const QSharedPointer<QCPGraphDataContainer> container(new QCPGraphDataContainer);
    QVector<QCPGraphData> rows;
    rows.reserve(static_cast<qsizetype>(spec.points->size()));
    for (const CurvePoint& point : *spec.points) rows.push_back(QCPGraphData(point.x, point.y));
    container->set(rows, true);
    g.points->setData(container);
    const auto visible =
        std::count_if(rows.begin(), rows.end(), [&](const QCPGraphData& row) { return x.contains(row.key); });
    g.points->setScatterStyle(
        visible * kDotSpacing <= axisRect()->width()
            ? QCPScatterStyle(QCPScatterStyle::ssDisc, QPen(spec.color, 1), spec.color, kDotSize)
            : QCPScatterStyle(QCPScatterStyle::ssNone));
  }
}

void CurvePlot::showReadOut(QPoint position) {
  if (!axisRect()->rect().contains(position) || curves_.empty()) {
    leaveEvent(nullptr);
    return;
  }
  const double x = xAxis->pixelToCoord(position.x());
  // A curve has no value where it has no points: runs differ in length.
  const double tolerance = std::abs(xAxis->pixelToCoord(kSnap) - xAxis->pixelToCoord(0));
  const auto covers = [&](double first, double last) {
    return x >= first - tolerance && x <= last + tolerance;
  };
  QString rows;
  std::optional<double> snapped;
  for (const CurveSpec& spec : curves_) {
    if (!isCurveVisible(spec.label)) continue;
    QString value;
    const CurveStore* store = spec.smooth != nullptr ? spec.smooth : spec.raw;
    if (store != nullptr && !store->empty()) {
      if (!covers(store->firstX(), store->lastX())) continue;
      const std::size_t i = store->nearest(x);
      if (!snapped || std::abs(store->x(i) - x) < std::abs(*snapped - x)) snapped = store->x(i);
      value = numberText(static_cast<double>(store->mean(i)));
      QStringList more;
      if (spec.smooth != nullptr && spec.raw != nullptr && !spec.raw->empty()) {
        more << tr("raw %1").arg(numberText(static_cast<double>(spec.raw->mean(spec.raw->nearest(x)))));
      }
      const CurvePoint* point = spec.points != nullptr ? nearestOf(*spec.points, x) : nullptr;
      if (point != nullptr) more << tr("validation %1").arg(numberText(point->y));
      if (!more.isEmpty()) value += QString(" (%1)").arg(more.join(", "));
    } else if (spec.points != nullptr) {
      const CurvePoint* point = nearestOf(*spec.points, x);
      if (point != nullptr && covers(spec.points->front().x, spec.points->back().x))
        value = tr("%1 at %2 %3").arg(numberText(point->y), xTitle_).arg(point->x, 0, 'f', xDecimals_);
    }
    if (value.isEmpty()) continue;
    rows += QString("<tr><td><font color='%1'>&#9632;</font> %2&nbsp;</td><td align='right'>%3</td></tr>")
                .arg(spec.color.name(), spec.label.toHtmlEscaped(), value);
  }
  if (rows.isEmpty()) {
    leaveEvent(nullptr);
    return;
  }
  const double at = snapped.value_or(x);
  // The events at the mouse position, not at the point to which the cursor snaps.
  for (const QString& text : lines_->textsAt(position.x()))
    rows += QString("<tr><td colspan='2'>%1</td></tr>").arg(text.toHtmlEscaped());
  readOut_->setText(QString("<table><tr><td colspan='2'><b>%1</b></td></tr>%2</table>")
                        .arg(QString("%1 %2").arg(xTitle_, locale().toString(at, 'f', xDecimals_)), rows));
  readOut_->adjustSize();
  const int gap = 12;
  const bool left = position.x() + gap + readOut_->width() > width();
  readOut_->move(std::max(0, left ? position.x() - gap - readOut_->width() : position.x() + gap),
                 std::clamp(position.y() + gap, 0, std::max(0, height() - readOut_->height())));
  readOut_->show();
  cursor_->start->setCoords(at, yAxis->range().lower);
  cursor_->end->setCoords(at, yAxis->range().upper);
  cursor_->setVisible(true);
  layer("cursor")->replot();
}

void CurvePlot::zoomOrientation(const QPoint& position) {
  const QRect inner = axisRect()->rect();
  Qt::Orientations zoom = Qt::Horizontal | Qt::Vertical;
  if (position.y() > inner.bottom()) zoom = Qt::Horizontal;
  if (position.x() < inner.left()) zoom = Qt::Vertical;
  axisRect()->setRangeZoom(zoom);
}

void CurvePlot::showEvent(QShowEvent* event) {
  QCustomPlot::showEvent(event);
  if (stale_) refresh();
}

void CurvePlot::resizeEvent(QResizeEvent* event) {
  // As many ticks as fit with their labels side by side.
  const int fitting = (event->size().width() - kAxisWidth) / fontMetrics().horizontalAdvance("00000");
  xAxis->ticker()->setTickCount(std::clamp(fitting, 2, kMaxTicks));
  QCustomPlot::resizeEvent(event);  // queues a replot
  if (isVisible()) fillGraphs();
}

void CurvePlot::leaveEvent(QEvent* event) {
  if (event != nullptr) QCustomPlot::leaveEvent(event);
  readOut_->hide();
  if (!cursor_->visible()) return;
  cursor_->setVisible(false);
  layer("cursor")->replot();
}

void CurvePlot::keyPressEvent(QKeyEvent* event) {
  const auto pan = [](QCPAxis* axis, double share) { axis->moveRange(axis->range().size() * share); };
  switch (event->key()) {
    case Qt::Key_Home:
      fit();
      return;
    case Qt::Key_Left:
      pan(xAxis, -0.1);
      break;
    case Qt::Key_Right:
      pan(xAxis, 0.1);
      break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      xAxis->scaleRange(0.8);
      break;
    case Qt::Key_Minus:
      xAxis->scaleRange(1.25);
      break;
    default:
      QCustomPlot::keyPressEvent(event);
      return;
  }
  replot(QCustomPlot::rpQueuedRefresh);
}

void CurvePlot::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu(this);
  menu.addAction(tr("Fit to curves\tHome"), this, &CurvePlot::fit);
  QAction* logAction = menu.addAction(tr("Logarithmic axis"));
  logAction->setCheckable(true);
  logAction->setChecked(logarithmic_);
  connect(logAction, &QAction::toggled, this, &CurvePlot::setLogarithmic);
  menu.addSeparator();
  for (const CurveSpec& spec : curves_) {
    QAction* action = menu.addAction(spec.label);
    action->setCheckable(true);
    action->setChecked(isCurveVisible(spec.label));
    connect(action, &QAction::toggled, this,
            [this, label = spec.label](bool on) { setCurveVisible(label, on); });
  }
  menu.addSeparator();
  const auto addToggle = [&](const QString& text, const QString& name, bool shown, const auto& chosen) {
    QAction* action = menu.addAction(text);
    action->setObjectName(name);
    action->setCheckable(true);
    action->setChecked(shown);
    connect(action, &QAction::toggled, this, chosen);
  };
  addToggle(tr("Events"), "showEvents", lines_->eventsShown(),
            [this](bool on) { Q_EMIT eventsChosen(on, lines_->checkpointsShown()); });
  addToggle(tr("Checkpoints"), "showCheckpoints", lines_->checkpointsShown(),
            [this](bool on) { Q_EMIT eventsChosen(lines_->eventsShown(), on); });
  menu.addSeparator();
  menu.addAction(tr("Save image…"), this, &CurvePlot::savePicture);
  menu.exec(event->globalPos());
}

void CurvePlot::savePicture() {
  QString path = QFileDialog::getSaveFileName(window(), tr("Save image"), title_ + ".png",
                                              tr("PNG images (*.png);;PDF documents (*.pdf)"));
  if (path.isEmpty()) return;
  const bool saved = path.endsWith(".pdf", Qt::CaseInsensitive) ? savePdf(path) : savePng(path, 0, 0, 2.0);
  if (!saved) Q_EMIT pictureFailed(path);
}

}  // namespace tandem::ui
