// TilesView: one slice of a tensor as a grid of tiles, as large as there is room, with its scale below.
#pragma once

#include <QColor>
#include <QImage>
#include <QWidget>
#include <functional>
#include <optional>

#include "core/twin/tensor_tiles.h"

namespace tandem::ui {

// Which colour a value has. Ranges that hold both signs, or nothing but zero, are centred on zero.
struct ColorScale {
  double low = 0, high = 0;
  QRgb color(float value) const;  // not finite: a colour of its own
  QString text() const;
};

class TilesView : public QWidget {
  Q_OBJECT

 public:
  static constexpr int kMostTiles = 64;

  struct Element {
    std::int64_t tile = 0, row = 0, column = 0;
  };

  explicit TilesView(QWidget* parent = nullptr);

  void setTitle(const QString& title, const QColor& mark);  // mark: a square before the title
  // The values stay the caller's; what is drawn is copied.
  void show(std::span<const float> values, const TileLayout& layout, std::int64_t slice,
            const ColorScale& scale);
  void clear();
  const QImage& image() const { return image_; }
  // The words at an element, for its tooltip.
  void setDescription(std::function<QString(const Element&)> describe) { describe_ = std::move(describe); }

  QSize minimumSizeHint() const override { return {90, 90}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRect pictureRect() const;
  std::optional<Element> elementAt(QPoint position) const;

  QString title_, caption_;
  QColor mark_;
  QImage image_;  // a pixel a point of a tile, one between tiles
  TileLayout layout_;
  int tiles_ = 0, across_ = 1, tileRows_ = 0, tileColumns_ = 0;
  std::function<QString(const Element&)> describe_;
};

}  // namespace tandem::ui
