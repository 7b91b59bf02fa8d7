#include "ui/inspector/schedule_plot.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/plot_style.h"

namespace tandem::ui {
namespace {

constexpr int kHeight = 140;
constexpr int kSamples = 400;  // of the curve
// Steps per epoch; how many there will be is known only when the data is loaded.
constexpr std::int64_t kPerEpoch = 1000;
constexpr int kReach = 9;                               // pixels around a point in which the mouse grips it
constexpr int kJitter = 3;                              // pixels that a click may move
constexpr double kGap = 0.1;                            // percent between points that are dragged
constexpr double kPercentStep = 1, kFactorStep = 0.01;  // of the arrow keys; with Shift ten times as much
constexpr double kMargin = 0.03;    // around the curve, so that points at its ends are complete
constexpr double kHeadroom = 1.15;  // to drag points upwards

// Without the noise of sums such as 0.1 + 0.2.
double tidy(double value) {
  return std::round(value * 1e9) / 1e9;
}

QString shortText(double value) {
  return QString::number(value, 'g', 4);
}

}  // namespace

SchedulePlot::SchedulePlot(ProjectDocument& document, QWidget* parent)
    : QCustomPlot(parent), document_(document), note_(new QCPItemText(this)) {
  describe(this, "schedulePlot", tr("Learning rate over the epochs"), {});
  setFixedHeight(kHeight);
  setMinimumWidth(120);
  xAxis->setLabel(tr("epoch"));
  xAxis->setNumberFormat("gbc");
  xAxis->ticker()->setTickCount(4);
  yAxis->setNumberFormat("gbc");
  yAxis->setNumberPrecision(4);
  yAxis->ticker()->setTickCount(3);
  axisRect()->setMinimumMargins(QMargins(8, 8, 8, 6));
  note_->position->setType(QCPItemPosition::ptAxisRectRatio);
  note_->position->setCoords(1, 0);
  note_->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
  note_->setTextAlignment(Qt::AlignRight);
  note_->setClipToAxisRect(false);
  note_->setPadding(QMargins(4, 2, 4, 2));
  connect(&Theme::instance(), &Theme::changed, this, &SchedulePlot::rebuild);
  refresh();
}

const Property* SchedulePlot::property() const {
  const std::vector<Property>& properties = shown_.def().properties;
  const auto found = std::ranges::find(properties, PropertyKind::Points, &Property::kind);
  return found == properties.end() ? nullptr : &*found;
}

bool SchedulePlot::editable() const {
  return property() != nullptr;
}

std::vector<SchedulePlot::Point> SchedulePlot::points() const {
  std::vector<Point> points;
  if (!editable()) return points;
  const std::vector<double> numbers = shown_.numbers(property()->key);
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) points.push_back({numbers[i], numbers[i + 1]});
  return points;
}

void SchedulePlot::refresh() {
  const TrainingConfig& training = document_.training();
  if (training.schedule != stored_) {
    dragged_ = -1;
    problem_.clear();
  }
  stored_ = training.schedule;
  if (dragged_ < 0) shown_ = stored_;
  const double rate = training.optimizer.number(kLearningRate);
  yAxis->setLabel(rate > 0 ? tr("learning rate") : tr("factor"));
  rate_ = rate > 0 ? rate : 1;
  epochs_ = training.epochs;
  selected_ = std::clamp(selected_, 0, std::max(0, static_cast<int>(points().size()) - 1));
  setFocusPolicy(editable() ? Qt::StrongFocus : Qt::NoFocus);
  setToolTip(editable()
                 ? tr("The learning rate over the epochs. Double-click to add a point, drag to move it, "
                      "Del to delete it; with the keyboard: Tab, arrow keys (with Shift in larger steps), "
                      "Ins, Del")
                 : tr("The learning rate over the epochs, as the schedule sets it"));
  rebuild();
}

void SchedulePlot::rebuild() {
  stylePlot(*this);
  clearGraphs();
  const ThemeColors& colors = Theme::instance().colors();
  const QColor color = isEnabled() ? Theme::instance().curve(0) : colors.mutedText;
  // A warm-up is a number of steps; how much of an epoch it takes is not known yet.
  ScheduleConfig schedule = shown_;
  const std::int64_t warmup = warmupSteps(schedule);
  if (warmup > 0)
    TANDEM_CHECK(schedule.set(warmupProperty().key, std::int64_t{0}).ok(), "no warm-up is always valid");
  ScheduleClock clock;
  clock.baseRate = rate_;
  clock.stepsPerEpoch = kPerEpoch;
  clock.epochs = epochs_;
  const std::int64_t steps = kPerEpoch * epochs_;
  QVector<double> x, y;
  double highest = rate_;
  for (int i = 0; i <= kSamples; ++i) {
    clock.step = std::min(steps * i / kSamples, steps - 1);
    x.append(static_cast<double>(epochs_) * i / kSamples);
    y.append(scheduledRate(schedule, clock));
    highest = std::max(highest, y.back());
  }
  QCPGraph* line = addGraph();
  line->setData(x, y, true);
  line->setPen(QPen(color, 1.8));
  const std::vector<Point> points = this->points();
  QVector<double> pointX, pointY;
  for (const Point& point : points) {
    pointX.append(point.percent / 100 * epochs_);
    pointY.append(point.factor * rate_);
    highest = std::max(highest, pointY.back());
  }
  if (!points.empty()) {
    QCPGraph* dots = addGraph();
    dots->setLineStyle(QCPGraph::lsNone);
    dots->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, QPen(color, 1), color, 7));
    dots->setData(pointX, pointY, true);
  }
  if (!points.empty() && (hasFocus() || dragged_ >= 0)) {
    QCPGraph* ring = addGraph();
    ring->setLineStyle(QCPGraph::lsNone);
    ring->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(colors.accent, 2), QBrush(Qt::NoBrush), 13));
    ring->addData(pointX[selected_], pointY[selected_]);
  }
  xAxis->setRange(-kMargin * epochs_, (1 + kMargin) * epochs_);
  if (dragged_ < 0)  // the point stays under the mouse
    yAxis->setRange(-kMargin * highest, kHeadroom * highest);
  describeSelected(points);
  note_->setFont(xAxis->tickLabelFont());
  note_->setColor(problem_.isEmpty() ? colors.mutedText : colors.error);
  if (!problem_.isEmpty())
    note_->setText(QString(problem_).replace(", ", ",\n"));  // the plot is narrow
  else if (shown_.def().watches)
    note_->setText(tr("falls when the monitored\nvalue stagnates"));
  else if (warmup > 0)
    note_->setText(tr("after %n warm-up steps", nullptr, static_cast<int>(warmup)));
  else if (!points.empty() && (hasFocus() || dragged_ >= 0))
    note_->setText(tr("epoch %1: %2").arg(shortText(pointX[selected_]), shortText(pointY[selected_])));
  else
    note_->setText({});
  note_->setVisible(!note_->text().isEmpty());
  replot(rpQueuedReplot);
}

void SchedulePlot::describeSelected(const std::vector<Point>& points) {
  QString text = toolTip();
  if (!points.empty()) {
    const Point& point = points[static_cast<std::size_t>(selected_)];
    text = tr("Point %1 of %2 at epoch %3: %4 times the learning rate")
               .arg(selected_ + 1)
               .arg(points.size())
               .arg(shortText(point.percent / 100 * epochs_), shortText(point.factor));
  }
  if (!problem_.isEmpty()) text = problem_;
  if (text != accessibleDescription()) setAccessibleDescription(text);
}

QPoint SchedulePlot::pixelAt(double percent, double factor) const {
  return QPointF(xAxis->coordToPixel(percent / 100 * epochs_), yAxis->coordToPixel(factor * rate_)).toPoint();
}

QPoint SchedulePlot::pixelOf(int point) const {
  const Point at = points().at(static_cast<std::size_t>(point));
  return pixelAt(at.percent, at.factor);
}

// Rounded to what a pixel can express.
SchedulePlot::Point SchedulePlot::pointAt(QPoint pixel) const {
  const double percent = xAxis->pixelToCoord(pixel.x()) / epochs_ * 100;
  const double factor = std::min(yAxis->pixelToCoord(pixel.y()), yAxis->range().upper) / rate_;
  return {std::clamp(std::round(percent * 10) / 10, 0.0, 100.0),
          std::clamp(QString::number(factor, 'g', 3).toDouble(), property()->minimum, property()->maximum)};
}

int SchedulePlot::pointNear(QPoint pixel) const {
  int nearest = -1;
  double least = kReach;
  for (int i = 0; i < static_cast<int>(points().size()); ++i) {
    const QPoint away = pixelOf(i) - pixel;
    const double distance = std::hypot(away.x(), away.y());
    if (distance > least) continue;
    nearest = i;
    least = distance;
  }
  return nearest;
}

std::vector<SchedulePlot::Point> SchedulePlot::moved(int point, Point to) const {
  std::vector<Point> points = this->points();
  const auto at = static_cast<std::size_t>(point);
  const double low = at > 0 ? points[at - 1].percent + kGap : 0;
  const double high = at + 1 < points.size() ? points[at + 1].percent - kGap : 100;
  // What does not change remains exactly as it was typed.
  if (to.percent != points[at].percent && low <= high)
    points[at].percent = tidy(std::clamp(to.percent, low, high));
  if (to.factor != points[at].factor)
    points[at].factor = tidy(std::clamp(to.factor, property()->minimum, property()->maximum));
  return points;
}

bool SchedulePlot::store(const std::vector<Point>& points, const QString& label, const QString& mergeKey) {
  std::vector<double> numbers;
  for (const Point& point : points) numbers.insert(numbers.end(), {point.percent, point.factor});
  TrainingConfig training = document_.training();
  const Status status = training.schedule.set(property()->key, std::move(numbers));
  problem_ = status.ok() ? QString() : errorText(status.error());
  if (status.ok()) document_.setTraining(training, label, mergeKey);
  refresh();
  return status.ok();
}

void SchedulePlot::add(Point point) {
  std::vector<Point> list = points();
  const auto at = std::ranges::upper_bound(list, point.percent, {}, &Point::percent);
  const auto index = static_cast<int>(at - list.begin());
  list.insert(at, point);
  if (store(list, tr("Add point of the schedule"))) select(index);
}

// Between the selected point and the next one; beside the last one, before it.
void SchedulePlot::addBesideSelected() {
  const std::vector<Point> list = points();
  if (list.size() == 1) return add({list[0].percent < 50 ? 100.0 : 0.0, list[0].factor});
  const std::size_t from = std::min(static_cast<std::size_t>(selected_), list.size() - 2);
  add({tidy((list[from].percent + list[from + 1].percent) / 2),
       tidy((list[from].factor + list[from + 1].factor) / 2)});
}

void SchedulePlot::removeSelected() {
  std::vector<Point> list = points();
  list.erase(list.begin() + selected_);
  store(list, tr("Delete point of the schedule"));
}

void SchedulePlot::nudge(double percent, double factor) {
  Point to = points()[static_cast<std::size_t>(selected_)];
  to.percent += percent;
  to.factor += factor;
  // Of one point: nudges of several points are several steps.
  store(moved(selected_, to), tr("Move point of the schedule"),
        QStringLiteral("schedule point %1").arg(selected_));
}

void SchedulePlot::select(int point) {
  selected_ = point;
  rebuild();
}

void SchedulePlot::endDrag() {
  dragged_ = -1;
  shown_ = stored_;
}

bool SchedulePlot::focusNextPrevChild(bool next) {
  const int to = selected_ + (next ? 1 : -1);
  if (!hasFocus() || to < 0 || to >= static_cast<int>(points().size()))
    return QCustomPlot::focusNextPrevChild(next);
  select(to);
  return true;
}

void SchedulePlot::focusInEvent(QFocusEvent* event) {
  QCustomPlot::focusInEvent(event);
  if (event->reason() == Qt::TabFocusReason) selected_ = 0;
  if (event->reason() == Qt::BacktabFocusReason)
    selected_ = std::max(0, static_cast<int>(points().size()) - 1);
  rebuild();
}

void SchedulePlot::focusOutEvent(QFocusEvent* event) {
  QCustomPlot::focusOutEvent(event);
  problem_.clear();
  rebuild();
}

void SchedulePlot::keyPressEvent(QKeyEvent* event) {
  if (!editable() || dragged_ >= 0) {
    if (dragged_ < 0 || event->key() != Qt::Key_Escape) return QCustomPlot::keyPressEvent(event);
    endDrag();
    return refresh();
  }
  const double times = (event->modifiers() & Qt::ShiftModifier) != 0 ? 10 : 1;
  switch (event->key()) {
    case Qt::Key_Left:
      return nudge(-times * kPercentStep, 0);
    case Qt::Key_Right:
      return nudge(times * kPercentStep, 0);
    case Qt::Key_Down:
      return nudge(0, -times * kFactorStep);
    case Qt::Key_Up:
      return nudge(0, times * kFactorStep);
    case Qt::Key_Insert:
      return addBesideSelected();
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      return removeSelected();
    default:
      return QCustomPlot::keyPressEvent(event);
  }
}

void SchedulePlot::mousePressEvent(QMouseEvent* event) {
  if (!editable()) return event->ignore();
  setFocus(Qt::MouseFocusReason);  // a field that is left applies its text, which may be that of the points
  const int point = editable() ? pointNear(event->pos()) : -1;
  if (event->button() != Qt::LeftButton || point < 0) return;
  dragged_ = point;
  moved_ = false;
  pressed_ = event->pos();
  grip_ = pixelOf(point) - pressed_;
  problem_.clear();
  select(point);
}

void SchedulePlot::mouseMoveEvent(QMouseEvent* event) {
  if (!editable()) return unsetCursor();
  if (dragged_ < 0) {
    if (pointNear(event->pos()) >= 0)
      setCursor(Qt::SizeAllCursor);
    else
      unsetCursor();
    return;
  }
  moved_ = moved_ || (event->pos() - pressed_).manhattanLength() > kJitter;
  if (!moved_) return;
  std::vector<double> numbers;
  for (const Point& point : moved(dragged_, pointAt(event->pos() + grip_)))
    numbers.insert(numbers.end(), {point.percent, point.factor});
  TANDEM_CHECK(shown_.set(property()->key, std::move(numbers)).ok(), "a moved point remains valid");
  rebuild();
}

void SchedulePlot::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || dragged_ < 0) return;
  const std::vector<Point> list = points();
  endDrag();
  store(list, tr("Move point of the schedule"));  // each drag is a step
}

void SchedulePlot::mouseDoubleClickEvent(QMouseEvent* event) {
  if (!editable()) return event->ignore();
  if (event->button() == Qt::LeftButton && pointNear(event->pos()) < 0 &&
      axisRect()->rect().contains(event->pos()))
    add(pointAt(event->pos()));
}

// The form scrolls.
void SchedulePlot::wheelEvent(QWheelEvent* event) {
  event->ignore();
}

void SchedulePlot::contextMenuEvent(QContextMenuEvent* event) {
  if (!editable() || dragged_ >= 0) return event->ignore();
  const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
  const QPoint at = byKey ? pixelOf(selected_) : event->pos();
  const int point = byKey ? selected_ : pointNear(at);
  if (point >= 0) select(point);
  QMenu menu(this);
  menu.setObjectName("schedulePlotMenu");
  QAction* adding = menu.addAction(tr("Add point"), this, [=, this] {
    if (point >= 0)
      addBesideSelected();
    else
      add(pointAt(at));
  });
  adding->setObjectName("addPoint");
  QAction* removing = menu.addAction(tr("Delete point"), this, &SchedulePlot::removeSelected);
  removing->setObjectName("deletePoint");
  removing->setEnabled(point >= 0 && points().size() > 1);
  menu.exec(mapToGlobal(at));
}

void SchedulePlot::changeEvent(QEvent* event) {
  QCustomPlot::changeEvent(event);
  if (event->type() != QEvent::EnabledChange) return;
  endDrag();
  rebuild();
}

}  // namespace tandem::ui
