#include "ui/compare/tiles_view.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr int kMaxPoints = 512;  // along an edge of a tile
constexpr QRgb kNotFinite = 0xffff00ff;

// viridis (van der Walt and Smith, 2015): perceptually uniform and readable with colour blindness.
constexpr std::array<QRgb, 5> kSequential = {0xff440154, 0xff3b528b, 0xff21918c, 0xff5ec962, 0xfffde725};

QRgb interpolate(QRgb a, QRgb b, double share) {
  const auto mix = [share](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
  return qRgb(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
}

QRgb colorAt(std::span<const QRgb> stops, double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  return interpolate(stops[below], stops[below + 1], at - static_cast<double>(below));
}

}  // namespace

QRgb ColorScale::color(float value) const {
  if (!std::isfinite(value)) return kNotFinite;
  const auto x = static_cast<double>(value);
  if ((low < 0 && high > 0) || (low == 0 && high == 0)) {
    const bool dark = Theme::instance().dark();
    const std::array<QRgb, 5> stops =
        dark ? std::array<QRgb, 5>{0xff8ec5ff, 0xff2f6fb5, 0xff20252c, 0xffb5562f, 0xffffb38a}
             : std::array<QRgb, 5>{0xff0b3d7a, 0xff5b9bd5, 0xfff2f4f7, 0xffe2855a, 0xff8f2a0b};
    const double reach = std::max(-low, high);
    return colorAt(stops, reach > 0 ? 0.5 + 0.5 * x / reach : 0.5);
  }
  return colorAt(kSequential, high > low ? (x - low) / (high - low) : 0);
}

QString ColorScale::text() const {
  const auto number = [](double x) { return QString::number(x, 'g', 3); };
  if (low == 0 && high == 0) return TilesView::tr("all zero");
  if (low == -high) return QString("±%1").arg(number(high));
  return TilesView::tr("%1 to %2").arg(number(low), number(high));
}

TilesView::TilesView(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TilesView::setTitle(const QString& title, const QColor& mark) {
  title_ = title;
  mark_ = mark;
  setAccessibleName(title);
  update();
}

void TilesView::clear() {
  image_ = {};
  caption_.clear();
  update();
}

void TilesView::show(std::span<const float> values, const TileLayout& layout, std::int64_t slice,
                     const ColorScale& scale) {
  layout_ = layout;
  tiles_ = static_cast<int>(std::min<std::int64_t>(layout.tiles, kMaxTiles));
  std::vector<Tile> tiles;
  for (int i = 0; i < tiles_; ++i) tiles.push_back(tileOf(values, layout, slice, i, kMaxPoints));
  tileRows_ = tiles.front().rows;
  tileColumns_ = tiles.front().columns;
  across_ = std::clamp(
      static_cast<int>(std::ceil(std::sqrt(static_cast<double>(tiles_) * tileRows_ / tileColumns_))), 1,
      tiles_);
  const int down = (tiles_ + across_ - 1) / across_;
  image_ = QImage(across_ * (tileColumns_ + 1) - 1, down * (tileRows_ + 1) - 1, QImage::Format_ARGB32);
  image_.fill(Qt::transparent);
  for (int i = 0; i < tiles_; ++i) {
    const int left = i % across_ * (tileColumns_ + 1), top = i / across_ * (tileRows_ + 1);
    std::size_t at = 0;
    for (int row = 0; row < tileRows_; ++row) {
      auto* line = reinterpret_cast<QRgb*>(image_.scanLine(top + row)) + left;
      for (int column = 0; column < tileColumns_; ++column)
        line[column] = scale.color(tiles[static_cast<std::size_t>(i)].values[at++]);
    }
  }
  caption_ = scale.text();
  if (layout.tiles > tiles_) caption_ += tr(" · first %1 of %2").arg(tiles_).arg(layout.tiles);
  update();
}

QRect TilesView::pictureRect() const {
  const int line = fontMetrics().height() + 2;
  const QRect available = rect().adjusted(2, line, -2, -line);
  if (image_.isNull() || available.isEmpty()) return {};
  const double scale = std::min(static_cast<double>(available.width()) / image_.width(),
                                static_cast<double>(available.height()) / image_.height());
  // Otherwise, a long vector would be a line one pixel high.
  const int height = std::max(static_cast<int>(image_.height() * scale), std::min(available.height(), line));
  QRect picture(0, 0, std::max(1, static_cast<int>(image_.width() * scale)), height);
  picture.moveCenter(available.center());
  picture.moveTop(available.top());
  return picture;
}

void TilesView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const ThemeColors& colors = Theme::instance().colors();
  const int line = fontMetrics().height() + 2;
  painter.setPen(colors.text);
  const QString title = fontMetrics().elidedText(title_, Qt::ElideMiddle, width() - line);
  const int left = (width() - line - fontMetrics().horizontalAdvance(title)) / 2;
  if (!title.isEmpty()) painter.fillRect(left + 2, line / 2 - 5, 10, 10, mark_);
  painter.drawText(QRect(left + line, 0, width(), line), Qt::AlignLeft | Qt::AlignVCenter, title);
  const QRect picture = pictureRect();
  if (picture.isEmpty()) return;
  painter.setRenderHint(QPainter::SmoothPixmapTransform, picture.width() < image_.width());
  painter.drawImage(picture, image_);
  painter.setPen(colors.border);
  painter.drawRect(picture.adjusted(-1, -1, 0, 0));
  painter.setPen(colors.mutedText);
  painter.drawText(QRect(0, picture.bottom() + 1, width(), line), Qt::AlignHCenter | Qt::AlignVCenter,
                   fontMetrics().elidedText(caption_, Qt::ElideRight, width()));
}

std::optional<TilesView::Element> TilesView::elementAt(QPoint position) const {
  const QRect picture = pictureRect();
  if (!picture.contains(position)) return std::nullopt;
  const int x = (position.x() - picture.left()) * image_.width() / picture.width();
  const int y = (position.y() - picture.top()) * image_.height() / picture.height();
  const int column = x % (tileColumns_ + 1), row = y % (tileRows_ + 1);
  const int tile = y / (tileRows_ + 1) * across_ + x / (tileColumns_ + 1);
  if (column == tileColumns_ || row == tileRows_ || tile >= tiles_) return std::nullopt;  // between tiles
  return Element{tile, row * layout_.rows / tileRows_, column * layout_.columns / tileColumns_};
}

bool TilesView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip || !describe_) return QWidget::event(event);
  auto* help = static_cast<QHelpEvent*>(event);
  if (const auto element = elementAt(help->pos()))
    QToolTip::showText(help->globalPos(), describe_(*element), this);
  else
    QToolTip::hideText();
  return true;
}

}  // namespace tandem::ui
