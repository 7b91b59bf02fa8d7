// DrawingPad: an area to draw in, with the mouse or the keys. It has the colors of the images that the network knows.
#pragma once

#include <QImage>
#include <QWidget>
#include <vector>

#include "core/data/drawing.h"

namespace tandem::ui {

class DrawingPad : public QWidget {
  Q_OBJECT

 public:
  // aspect: height by width of the image.
  explicit DrawingPad(double aspect, QWidget* parent = nullptr);

  const std::vector<Stroke>& strokes() const { return strokes_; }
  void setPen(double width) { pen_ = width; }  // of the next stroke, in widths of the area
  void setLightOnDark(bool light);
  // Shown until the user draws. Null: none.
  void setPicture(const QImage& picture);
  const QImage& picture() const { return picture_; }
  void undo();   // removes the last stroke
  void clear();  // the picture, too; emits no signal
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void drawn();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  QRectF area() const;
  Stroke::Point pointAt(const QPointF& position) const;
  QPointF positionOf(const Stroke::Point& point) const;
  void begin(const Stroke::Point& point);
  void extend(const Stroke::Point& point);

  double aspect_, pen_ = 0.08;
  bool lightOnDark_ = true;
  bool pressed_ = false;            // by the mouse
  bool lowered_ = false;            // the pen, by the keys
  bool keys_ = false;               // show where they draw
  Stroke::Point cursor_{0.5, 0.5};  // where they draw
  std::vector<Stroke> strokes_;
  QImage picture_;
};

}  // namespace tandem::ui
