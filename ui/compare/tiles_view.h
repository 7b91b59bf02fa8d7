// TilesView: shows one slice of a tensor as a grid of tiles that fills the widget, above its colour scale.
#pragma once

#include <QColor>
#include <QImage>
#include <QWidget>
#include <functional>
#include <optional>

#include "core/twin/tensor_tiles.h"

namespace tandem::ui {

// Maps values to colours. A range that includes both signs, or only zero, is centred on zero.
struct ColorScale {
  double low = 0, high = 0;
  QRgb color(float value) const;  // non-finite values have a separate colour
  QString text() const;
};

class TilesView : public QWidget {
  Q_OBJECT

 public:
  static constexpr int kMaxTiles = 64;

  struct Element {
    std::int64_t tile = 0, row = 0, column = 0;
  };

  explicit TilesView(QWidget* parent = nullptr);

  void setTitle(const QString& title, const QColor& mark);  // mark: of a square before the title
  // Copies what it draws, so `values` may be released afterwards.
  void show(std::span<const float> values, const TileLayout& layout, std::int64_t slice,
            const ColorScale& scale);
  void clear();
  const QImage& image() const { return image_; }
  // Sets the function that returns the tooltip of an element.
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
  QImage image_;  // one pixel for each point of a tile, and one between tiles
  TileLayout layout_;
  int tiles_ = 0, across_ = 1, tileRows_ = 0, tileColumns_ = 0;
  std::function<QString(const Element&)> describe_;
};

}  // namespace tandem::ui
