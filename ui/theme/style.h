// Fusion with check boxes and radio buttons whose frames can be seen on dark windows (Fusion darkens the
// window's colour for them, whatever it is).
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
