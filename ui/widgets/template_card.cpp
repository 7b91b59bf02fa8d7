#include "ui/widgets/template_card.h"

#include <QEnterEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "core/network/analysis.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {
constexpr int kPad = 12;
constexpr int kRound = 8;
}  // namespace

TemplateCard::TemplateCard(const TemplateInfo& info, QWidget* parent)
    : QAbstractButton(parent), name_(toQString(info.name)), about_(toQString(info.about)) {
  setObjectName("template:" + name_);
  setText(name_);
  setAccessibleName(name_);
  setAccessibleDescription(about_);
  setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::StrongFocus);
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
  const auto project = projectFromTemplate(info.name);
  if (!project.ok()) return;
  const auto order = project->network.order();
  if (!order.ok()) return;
  const Analysis analysis = analyze(project->network);
  for (const LayerId id : *order) {
    const Layer* layer = project->network.find(id);
    const LayerDef* def = findLayer(layer->type);
    const auto facts = analysis.layers.find(id);
    double extent = 16;
    if (facts != analysis.layers.end() && facts->second.output && facts->second.output->rank() > 0) {
      // Height in the picture: the extent of images, the logarithm of the length of vectors.
      const Shape& shape = *facts->second.output;
      extent = shape.rank() >= 2 ? static_cast<double>(shape[0])
                                 : 4 * std::log2(1.0 + static_cast<double>(shape[0]));
    }
    blocks_.push_back({def != nullptr ? toQString(def->category) : QString(), extent});
  }
  double highest = 1;
  for (const Block& block : blocks_) highest = std::max(highest, block.height);
  for (Block& block : blocks_) block.height = std::clamp(block.height / highest, 0.18, 1.0);
  facts_ = tr("%1 layers · %2 parameters").arg(blocks_.size()).arg(countText(analysis.parameters));
}

int TemplateCard::pictureHeight() const {
  return fontMetrics().height() * 4;
}

QSize TemplateCard::sizeHint() const {
  const int width = fontMetrics().horizontalAdvance('m') * 22;
  return {width, heightForWidth(width)};
}

int TemplateCard::heightForWidth(int width) const {
  const QRect about =
      fontMetrics().boundingRect(QRect(0, 0, std::max(40, width - 2 * kPad), 1000), Qt::TextWordWrap, about_);
  return pictureHeight() + 4 * kPad + about.height() + 2 * fontMetrics().height() + 6;
}

void TemplateCard::drawPicture(QPainter& painter, const QRectF& area) const {
  if (blocks_.empty()) return;
  const Theme& theme = Theme::instance();
  const auto count = static_cast<double>(blocks_.size());
  const double pitch = std::min(area.width() / count, 28.0);
  const double width = pitch * 0.62;
  const double left = area.center().x() - pitch * count / 2 + (pitch - width) / 2;
  painter.setPen(QPen(theme.colors().border, 1.5));
  painter.drawLine(QPointF(left, area.center().y()),
                   QPointF(left + pitch * (count - 1) + width, area.center().y()));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const double height = area.height() * blocks_[i].height;
    const QRectF block(left + pitch * static_cast<double>(i), area.center().y() - height / 2, width, height);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.category(blocks_[i].category));
    painter.drawRoundedRect(block, 2, 2);
  }
}

void TemplateCard::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF frame = QRectF(rect()).adjusted(1, 1, -1, -1);
  const bool lit = underMouse() || hasFocus();
  painter.setPen(QPen(lit ? c.accent : c.border, lit ? 2 : 1));
  painter.setBrush(isDown() ? c.raised : c.surface);
  painter.drawRoundedRect(frame, kRound, kRound);

  QRectF picture(kPad, kPad, width() - 2 * kPad, pictureHeight());
  drawPicture(painter, picture.adjusted(6, 4, -6, -4));
  const int line = fontMetrics().height();
  QFont bold = font();
  bold.setBold(true);
  painter.setFont(bold);
  painter.setPen(c.text);
  QRectF row(kPad, picture.bottom() + kPad, width() - 2 * kPad, line);
  painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                   QFontMetrics(bold).elidedText(name_, Qt::ElideRight, static_cast<int>(row.width())));
  painter.setFont(font());
  QRectF words = row.translated(0, line + 3);
  words.setBottom(height() - kPad - line);
  painter.drawText(words, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, about_);
  painter.setPen(c.mutedText);
  painter.drawText(QRectF(kPad, height() - kPad - line, width() - 2 * kPad, line),
                   Qt::AlignLeft | Qt::AlignVCenter, facts_);
}

void TemplateCard::enterEvent(QEnterEvent* event) {
  QAbstractButton::enterEvent(event);
  update();
}

void TemplateCard::leaveEvent(QEvent* event) {
  QAbstractButton::leaveEvent(event);
  update();
}

}  // namespace tandem::ui
