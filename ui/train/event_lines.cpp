#include "ui/train/event_lines.h"

#include <QLocale>
#include <algorithm>
#include <limits>

#include "core/runs/run_events.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr int kMinimumGap = 4;  // pixels between two lines of a list; errors are always drawn
constexpr int kReach = 5;       // pixels from the mouse
constexpr int kHead = 3;        // half the width of the mark at the upper end
constexpr int kMaxTexts = 5;
constexpr int kMaxCharacters = 100;                     // of a text; an error may be long
constexpr double kOpacity = 0.5, kFaintOpacity = 0.25;  // of a colour over the background

// Blends in advance: drawing translucent lines would dominate the drawing time.
QColor faded(const QColor& color, const QColor& back, double opacity) {
  const auto mix = [&](int a, int b) { return static_cast<int>(opacity * a + (1 - opacity) * b); };
  return {mix(color.red(), back.red()), mix(color.green(), back.green()), mix(color.blue(), back.blue())};
}

QString shortened(const QString& text) {
  return text.size() > kMaxCharacters ? text.left(kMaxCharacters) + QChar(0x2026) : text;
}

}  // namespace

double EventLines::at(const RunEvent& event) const {
  return bySeconds_ ? event.seconds : static_cast<double>(event.step);
}

template <class Work>
void EventLines::eachList(const Work& work) const {
  for (const EventSpec& spec : specs_) {
    if (checkpoints_) work(spec, *spec.checkpoints);
    if (events_) work(spec, *spec.events);
  }
}

QStringList EventLines::textsAt(int pixel) const {
  const QCPAxis* axis = mParentPlot->xAxis;
  const double from = axis->pixelToCoord(pixel - kReach), to = axis->pixelToCoord(pixel + kReach);
  QStringList texts;
  int more = 0;
  eachList([&](const EventSpec& spec, const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events) {
      if (!(at(event) >= from && at(event) <= to)) continue;
      if (texts.size() == kMaxTexts) {
        ++more;
        continue;
      }
      const QString text =
          tr("step %1: %2").arg(QLocale().toString(qint64{event.step}), shortened(toQString(textOf(event))));
      texts << (spec.label.isEmpty() ? text : QString("%1, %2").arg(spec.label, text));
    }
  });
  if (more > 0) texts << tr("and %1 more").arg(more);
  return texts;
}

QRect EventLines::clipRect() const {
  return mParentPlot->axisRect()->rect();
}

void EventLines::applyDefaultAntialiasingHint(QCPPainter* painter) const {
  painter->setAntialiasing(false);
}

void EventLines::draw(QCPPainter* painter) {
  drawn_ = 0;
  eachList([&](const EventSpec& spec, const std::vector<RunEvent>& events) { draw(painter, spec, events); });
}

void EventLines::draw(QCPPainter* painter, const EventSpec& spec, const std::vector<RunEvent>& events) {
  const QCPRange range = mParentPlot->xAxis->range();
  const QRect rect = clipRect();
  const ThemeColors& theme = Theme::instance().colors();
  const QColor plain = faded(spec.color, theme.surface, kOpacity);
  const QColor faint = faded(spec.color, theme.surface, kFaintOpacity);
  const double scale = rect.width() / range.size();
  int last = std::numeric_limits<int>::min() / 2;
  for (const RunEvent& event : events) {
    if (!range.contains(at(event))) continue;
    // The last step lies on the right edge, one pixel beyond which nothing is visible.
    const int x = std::min(rect.left() + static_cast<int>((at(event) - range.lower) * scale), rect.right());
    const bool error = event.kind == RunEventKind::Error;
    if (x < last + kMinimumGap && !error) continue;
    last = x;
    const bool strong = event.kind == RunEventKind::LearningRate || event.kind == RunEventKind::Note;
    const QColor color = error ? theme.error : strong ? plain : faint;  // schedule steps may be many
    painter->fillRect(x, rect.top(), 1, rect.height(), color);          // much cheaper than a line
    for (int row = 0; row <= kHead; ++row)
      painter->fillRect(x - kHead + row, rect.top() + row, 2 * (kHead - row) + 1, 1, color);
    ++drawn_;
  }
}

}  // namespace tandem::ui
