#include "ui/data/column_header.h"

#include <QPainter>
#include <QStyleOptionHeader>

#include "ui/data/rows_model.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {
constexpr int kMargin = 6, kPadding = 4;
}

ColumnHeader::ColumnHeader(QWidget* parent) : QHeaderView(Qt::Horizontal, parent) {
  setHighlightSections(false);
  setSectionsClickable(true);
  connect(&Theme::instance(), &Theme::changed, this, [this] { viewport()->update(); });
}

QFont ColumnHeader::nameFont(int section) const {
  QFont name = font();
  name.setBold(model()->headerData(section, orientation(), RowsModel::TargetRole).toBool());
  return name;
}

QSize ColumnHeader::sectionSizeFromContents(int section) const {
  const QString name = model()->headerData(section, orientation(), Qt::DisplayRole).toString();
  const QString use = model()->headerData(section, orientation(), RowsModel::UseRole).toString();
  const QFontMetrics metrics(nameFont(section));
  return {std::max(metrics.horizontalAdvance(name), fontMetrics().horizontalAdvance(use)) + 2 * kMargin + 2,
          2 * metrics.height() + 2 * kPadding};
}

void ColumnHeader::paintSection(QPainter* painter, const QRect& rect, int section) const {
  QStyleOptionHeaderV2 option;
  initStyleOption(&option);
  option.rect = rect;
  initStyleOptionForIndex(&option, section);
  style()->drawControl(QStyle::CE_HeaderSection, &option, painter, this);
  const QRect inner = rect.adjusted(kMargin, kPadding, -kMargin, -kPadding);
  const QColor muted = Theme::instance().colors().mutedText;
  const QVariant foreground = model()->headerData(section, orientation(), Qt::ForegroundRole);
  const auto line = [&](const QString& text, const QFont& font, const QColor& color, int top) {
    const QFontMetrics metrics(font);
    painter->setFont(font);
    painter->setPen(color);
    painter->drawText(QRect(inner.left(), top, inner.width(), metrics.height()),
                      Qt::AlignLeft | Qt::AlignVCenter,
                      metrics.elidedText(text, Qt::ElideRight, inner.width()));
  };
  painter->save();
  line(model()->headerData(section, orientation(), Qt::DisplayRole).toString(), nameFont(section),
       foreground.isValid() ? foreground.value<QColor>() : palette().color(QPalette::ButtonText),
       inner.top());
  line(model()->headerData(section, orientation(), RowsModel::UseRole).toString(), font(), muted,
       inner.top() + inner.height() / 2);
  painter->restore();
}

}  // namespace tandem::ui
