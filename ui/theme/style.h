// Fusion with check boxes and radio buttons whose frames are visible on dark windows; Fusion always darkens
// the window's colour for them.
#pragma once

#include <QProxyStyle>

namespace tandem::ui {

class Style : public QProxyStyle {
  Q_OBJECT

 public:
  Style();
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
};

}  // namespace tandem::ui
