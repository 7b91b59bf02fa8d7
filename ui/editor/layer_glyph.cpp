#include "ui/editor/layer_glyph.h"

#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <array>
#include <cmath>
#include <string>

#include "core/layers/layer.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

// Every glyph is drawn in a box of 16 x 16.
using Draw = void (*)(QPainter&, const QColor&);

void dot(QPainter& p, const QColor& color, double x, double y, double r = 1.4) {
  p.setBrush(color);
  p.drawEllipse(QPointF(x, y), r, r);
  p.setBrush(Qt::NoBrush);
}

void drawInput(QPainter& p, const QColor&) {
  p.drawLine(QPointF(1.5, 8), QPointF(10, 8));
  p.drawPolyline(QPolygonF({{7, 5}, {10, 8}, {7, 11}}));
  p.drawLine(QPointF(13.5, 2.5), QPointF(13.5, 13.5));
}

void drawDense(QPainter& p, const QColor& color) {
  for (const double a : {3.0, 8.0, 13.0}) {
    for (const double b : {5.0, 11.0}) p.drawLine(QPointF(3, a), QPointF(13, b));
  }
  for (const double a : {3.0, 8.0, 13.0}) dot(p, color, 3, a);
  for (const double b : {5.0, 11.0}) dot(p, color, 13, b);
}

void drawGrid(QPainter& p) {
  p.drawRect(QRectF(2, 2, 12, 12));
  for (const double t : {6.0, 10.0}) {
    p.drawLine(QPointF(t, 2), QPointF(t, 14));
    p.drawLine(QPointF(2, t), QPointF(14, t));
  }
}

void drawConv(QPainter& p, const QColor& color) {
  drawGrid(p);
  p.fillRect(QRectF(2, 2, 8, 8), mixed(color, Qt::transparent, 0.55));
}

void drawConvTranspose(QPainter& p, const QColor& color) {
  p.fillRect(QRectF(2, 2, 4, 4), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(2, 2, 4, 4));
  p.drawRect(QRectF(2, 2, 12, 12));
  p.drawLine(QPointF(6, 6), QPointF(11, 11));
  p.drawPolyline(QPolygonF({{11, 8}, {11, 11}, {8, 11}}));
}

// Layers of sequences: a row of steps.
void drawSteps(QPainter& p) {
  p.drawRect(QRectF(1.5, 5, 13, 6));
  for (const double t : {4.75, 8.0, 11.25}) p.drawLine(QPointF(t, 5), QPointF(t, 11));
}

void drawConv1d(QPainter& p, const QColor& color) {
  p.fillRect(QRectF(1.5, 5, 9.75, 6), mixed(color, Qt::transparent, 0.55));
  drawSteps(p);
}

void drawMaxPool1d(QPainter& p, const QColor& color) {
  p.fillRect(QRectF(4.75, 5, 3.25, 6), color);
  drawSteps(p);
}

void drawAveragePool1d(QPainter& p, const QColor& color) {
  drawSteps(p);
  dot(p, color, 8, 8, 2.2);
}

void drawGlobalPool1d(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(1.5, 5, 13, 6));
  p.drawLine(QPointF(3, 8), QPointF(13, 8));
  dot(p, color, 8, 8, 2.2);
}

void drawLastStep(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(1.5, 5, 13, 6));
  p.fillRect(QRectF(10.5, 5, 4, 6), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(10.5, 5, 4, 6));
}

// A token, and its row of a table.
void drawEmbedding(QPainter& p, const QColor& color) {
  dot(p, color, 2.5, 8, 1.6);
  p.drawLine(QPointF(4.5, 8), QPointF(6.5, 8));
  p.drawRect(QRectF(8, 1.5, 6.5, 13));
  p.fillRect(QRectF(8, 6, 6.5, 4), mixed(color, Qt::transparent, 0.55));
  for (const double y : {6.0, 10.0}) p.drawLine(QPointF(8, y), QPointF(14.5, y));
}

void drawPositions(QPainter& p, const QColor&) {
  QPainterPath wave(QPointF(1.5, 6));
  for (int half = 3; half <= 29; ++half) {
    const double x = half / 2.0;
    wave.lineTo(x, 6 - 3.5 * std::sin((x - 1.5) / 2.1));
  }
  p.drawPath(wave);
  p.drawLine(QPointF(1.5, 12.5), QPointF(14.5, 12.5));
  for (const double x : {1.5, 5.8, 10.2, 14.5}) p.drawLine(QPointF(x, 11), QPointF(x, 14));
}

// A step and what it looks at.
void drawAttention(QPainter& p, const QColor& color) {
  for (const double x : {3.0, 8.0, 13.0}) {
    p.drawLine(QPointF(8, 3), QPointF(x, 13));
    dot(p, color, x, 13);
  }
  dot(p, color, 8, 3, 2.2);
}

// A cell whose state returns to it.
void drawCell(QPainter& p) {
  p.drawRect(QRectF(3.5, 7, 9, 7));
  p.drawPolyline(QPolygonF({{12.5, 10.5}, {15, 10.5}, {15, 3}, {1, 3}, {1, 10.5}, {3.5, 10.5}}));
}

void drawSimpleRnn(QPainter& p, const QColor& color) {
  drawCell(p);
  dot(p, color, 8, 10.5);
}

// With one dot per gate.
void drawGru(QPainter& p, const QColor& color) {
  drawCell(p);
  for (const double x : {6.2, 9.8}) dot(p, color, x, 10.5, 1.2);
}

void drawLstm(QPainter& p, const QColor& color) {
  drawCell(p);
  for (const double x : {5.5, 8.0, 10.5}) dot(p, color, x, 10.5, 1.0);
}

void drawUpsampling(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(2, 2, 12, 12));
  p.fillRect(QRectF(2, 9, 5, 5), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(2, 9, 5, 5));
  p.drawLine(QPointF(7.5, 8.5), QPointF(11.5, 4.5));
  p.drawPolyline(QPolygonF({{8.5, 4.5}, {11.5, 4.5}, {11.5, 7.5}}));
}

void drawMaxPool(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(2, 2, 12, 12));
  p.drawLine(QPointF(8, 2), QPointF(8, 14));
  p.drawLine(QPointF(2, 8), QPointF(14, 8));
  p.fillRect(QRectF(8, 2, 6, 6), color);
}

void drawAveragePool(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(2, 2, 12, 12));
  p.drawLine(QPointF(8, 2), QPointF(8, 14));
  p.drawLine(QPointF(2, 8), QPointF(14, 8));
  dot(p, color, 8, 8, 2.6);
}

void drawGlobalPool(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(2, 2, 12, 12));
  dot(p, color, 8, 8, 2.4);
  for (const QPointF corner : {QPointF(4, 4), QPointF(12, 4), QPointF(4, 12), QPointF(12, 12)}) {
    p.drawLine(corner, (corner + QPointF(8, 8)) / 2);
  }
}

void drawBatchNorm(QPainter& p, const QColor&) {
  QPainterPath bell(QPointF(1.5, 13));
  for (int half = 3; half <= 29; ++half) {
    const double x = half / 2.0;
    bell.lineTo(x, 13 - 10 * std::exp(-(x - 8) * (x - 8) / 9));
  }
  p.drawPath(bell);
  p.drawLine(QPointF(1.5, 13.5), QPointF(14.5, 13.5));
}

void drawDropout(QPainter& p, const QColor& color) {
  int index = 0;
  for (const double y : {3.0, 8.0, 13.0}) {
    for (const double x : {3.0, 8.0, 13.0}) {
      if (index++ % 3 == 1) {
        p.drawEllipse(QPointF(x, y), 1.4, 1.4);
      } else {
        dot(p, color, x, y);
      }
    }
  }
}

void drawNoise(QPainter& p, const QColor&) {
  p.drawPolyline(QPolygonF(
      {{1.5, 8}, {3.5, 4.5}, {5, 9.5}, {6.5, 6.5}, {8.5, 13}, {10, 3}, {11.5, 9}, {13, 7}, {14.5, 10}}));
}

void drawFlatten(QPainter& p, const QColor&) {
  p.drawRect(QRectF(1.5, 4.5, 5, 7));
  p.drawLine(QPointF(8, 8), QPointF(10.5, 8));
  p.drawRect(QRectF(12, 1.5, 2.4, 13));
  for (const double y : {4.75, 8.0, 11.25}) p.drawLine(QPointF(12, y), QPointF(14.4, y));
}

void drawActivation(QPainter& p, const QColor& color) {
  p.drawPolyline(QPolygonF({{1.5, 12}, {8, 12}, {14, 3}}));
  dot(p, color, 8, 12, 1.2);
}

void drawAdd(QPainter& p, const QColor&) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  p.drawLine(QPointF(8, 5), QPointF(8, 11));
  p.drawLine(QPointF(5, 8), QPointF(11, 8));
}

void drawMultiply(QPainter& p, const QColor&) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  p.drawLine(QPointF(5.9, 5.9), QPointF(10.1, 10.1));
  p.drawLine(QPointF(5.9, 10.1), QPointF(10.1, 5.9));
}

void drawDot(QPainter& p, const QColor& color) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  dot(p, color, 8, 8, 1.8);
}

void drawSubtract(QPainter& p, const QColor&) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  p.drawLine(QPointF(5, 8), QPointF(11, 8));
}

// The letter of a function.
void drawFormula(QPainter& p, const QColor&) {
  QPainterPath f(QPointF(11.5, 3));
  f.cubicTo(8.5, 1.5, 8.3, 4, 8, 7);
  f.cubicTo(7.6, 11, 7.4, 14.5, 4.5, 13);
  p.drawPath(f);
  p.drawLine(QPointF(5.2, 7), QPointF(10.8, 7));
}

// Two inputs, and the line between them.
void drawAverage(QPainter& p, const QColor& color) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  dot(p, color, 8, 5.2, 1.1);
  p.drawLine(QPointF(5, 8), QPointF(11, 8));
  dot(p, color, 8, 10.8, 1.1);
}

void drawMaximum(QPainter& p, const QColor&) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  p.drawPolyline(QPolygonF({{5, 9.5}, {8, 6}, {11, 9.5}}));
}

void drawMinimum(QPainter& p, const QColor&) {
  p.drawEllipse(QPointF(8, 8), 6, 6);
  p.drawPolyline(QPolygonF({{5, 6.5}, {8, 10}, {11, 6.5}}));
}

void drawConcat(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(3, 1.5, 10, 6));
  p.fillRect(QRectF(3, 8.5, 10, 6), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(3, 8.5, 10, 6));
}

void drawSplit(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(1.5, 2.5, 4.5, 11));
  p.drawLine(QPointF(7.5, 8), QPointF(9, 8));
  p.drawRect(QRectF(10, 1.5, 4.5, 5));
  p.fillRect(QRectF(10, 9.5, 4.5, 5), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(10, 9.5, 4.5, 5));
}

void drawPermute(QPainter& p, const QColor&) {
  p.drawLine(QPointF(2, 5.5), QPointF(14, 5.5));
  p.drawPolyline(QPolygonF({{11, 2.5}, {14, 5.5}, {11, 8.5}}));
  p.drawLine(QPointF(14, 11), QPointF(2, 11));
  p.drawPolyline(QPolygonF({{5, 8.5}, {2, 11}, {5, 13.5}}));
}

void drawRepeatVector(QPainter& p, const QColor& color) {
  p.fillRect(QRectF(1.5, 2, 3, 12), mixed(color, Qt::transparent, 0.55));
  for (const double x : {1.5, 6.5, 11.5}) p.drawRect(QRectF(x, 2, 3, 12));
}

void drawSlice(QPainter& p, const QColor& color) {
  p.fillRect(QRectF(2, 6, 12, 4), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(2, 2, 12, 12));
  for (const double y : {6.0, 10.0}) p.drawLine(QPointF(2, y), QPointF(14, y));
}

void drawReshape(QPainter& p, const QColor&) {
  p.drawRect(QRectF(1.5, 1.5, 3, 13));
  p.drawLine(QPointF(6, 8), QPointF(8, 8));
  p.drawRect(QRectF(9.5, 5, 5, 6));
  p.drawLine(QPointF(9.5, 8), QPointF(14.5, 8));
  p.drawLine(QPointF(12, 5), QPointF(12, 11));
}

void drawZeroPadding(QPainter& p, const QColor& color) {
  p.drawRect(QRectF(1.5, 1.5, 13, 13));
  p.fillRect(QRectF(5, 5, 6, 6), mixed(color, Qt::transparent, 0.55));
  p.drawRect(QRectF(5, 5, 6, 6));
}

void drawCropping(QPainter& p, const QColor&) {
  p.drawPolyline(QPolygonF({{4.5, 1}, {4.5, 11.5}, {15, 11.5}}));
  p.drawPolyline(QPolygonF({{1, 4.5}, {11.5, 4.5}, {11.5, 15}}));
}

void drawOther(QPainter& p, const QColor& color) {
  p.drawRoundedRect(QRectF(2, 3, 12, 10), 2, 2);
  dot(p, color, 8, 8, 2);
}

void drawGroup(QPainter& p, const QColor& color) {
  p.drawRoundedRect(QRectF(5, 2, 9, 9), 1.5, 1.5);
  p.setBrush(mixed(color, Qt::transparent, 0.55));
  p.drawRoundedRect(QRectF(2, 5, 9, 9), 1.5, 1.5);
}

struct Glyph {
  std::string_view type;
  Draw draw;
};
constexpr auto kGlyphs = std::to_array<Glyph>({{"input", drawInput},
                                               {"dense", drawDense},
                                               {"conv2d", drawConv},
                                               {"conv2d_transpose", drawConvTranspose},
                                               {"depthwise_conv2d", drawConv},
                                               {"separable_conv2d", drawConv},
                                               {"conv1d", drawConv1d},
                                               {"max_pool2d", drawMaxPool},
                                               {"average_pool2d", drawAveragePool},
                                               {"global_average_pool2d", drawGlobalPool},
                                               {"global_max_pool2d", drawGlobalPool},
                                               {"max_pool1d", drawMaxPool1d},
                                               {"average_pool1d", drawAveragePool1d},
                                               {"global_average_pool1d", drawGlobalPool1d},
                                               {"global_max_pool1d", drawGlobalPool1d},
                                               {"last_step", drawLastStep},
                                               {"embedding", drawEmbedding},
                                               {"positions", drawPositions},
                                               {"attention", drawAttention},
                                               {"simple_rnn", drawSimpleRnn},
                                               {"lstm", drawLstm},
                                               {"gru", drawGru},
                                               {"upsampling2d", drawUpsampling},
                                               {"batch_norm", drawBatchNorm},
                                               {"layer_norm", drawBatchNorm},
                                               {"rms_norm", drawBatchNorm},
                                               {"group_norm", drawBatchNorm},
                                               {"instance_norm", drawBatchNorm},
                                               {"normalization", drawBatchNorm},
                                               {"rescaling", drawBatchNorm},
                                               {"dropout", drawDropout},
                                               {"spatial_dropout", drawDropout},
                                               {"gaussian_noise", drawNoise},
                                               {"flatten", drawFlatten},
                                               {"activation", drawActivation},
                                               {"prelu", drawActivation},
                                               {"add", drawAdd},
                                               {"average", drawAverage},
                                               {"maximum", drawMaximum},
                                               {"minimum", drawMinimum},
                                               {"multiply", drawMultiply},
                                               {"subtract", drawSubtract},
                                               {"dot", drawDot},
                                               {"formula", drawFormula},
                                               {"concat", drawConcat},
                                               {"split", drawSplit},
                                               {"reshape", drawReshape},
                                               {"permute", drawPermute},
                                               {"repeat_vector", drawRepeatVector},
                                               {"slice", drawSlice},
                                               {"zero_padding2d", drawZeroPadding},
                                               {"cropping2d", drawCropping},
                                               {kGroupGlyph, drawGroup}});

class LayerIconEngine : public QIconEngine {
 public:
  explicit LayerIconEngine(std::string type) : type_(std::move(type)) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const QColor color =
        mode == QIcon::Disabled ? Theme::instance().colors().mutedText : categoryColor(type_);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(color, Theme::instance().colors().surface, 0.16));
    painter->drawRoundedRect(rect, rect.width() * 0.2, rect.height() * 0.2);
    const double inset = rect.width() * 0.16;
    drawLayerGlyph(*painter, QRectF(rect).adjusted(inset, inset, -inset, -inset), type_, color);
    painter->restore();
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return pixmap;
  }

  QIconEngine* clone() const override { return new LayerIconEngine(*this); }

 private:
  std::string type_;
};

}  // namespace

QColor mixed(const QColor& over, const QColor& under, double opacity) {
  if (under.alpha() == 0) {
    QColor color = over;
    color.setAlphaF(static_cast<float>(opacity));
    return color;
  }
  const auto mix = [&](int a, int b) {
    return static_cast<int>(std::lround(a * opacity + b * (1 - opacity)));
  };
  return {mix(over.red(), under.red()), mix(over.green(), under.green()), mix(over.blue(), under.blue())};
}

QColor categoryColor(std::string_view type) {
  const LayerDef* def = findLayer(type);
  return def == nullptr ? Theme::instance().colors().mutedText
                        : Theme::instance().category(toQString(def->category));
}

void drawLayerGlyph(QPainter& painter, const QRectF& box, std::string_view type, const QColor& color) {
  Draw draw = drawOther;
  for (const Glyph& glyph : kGlyphs) {
    if (glyph.type == type) draw = glyph.draw;
  }
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.translate(box.topLeft());
  painter.scale(box.width() / 16, box.height() / 16);
  painter.setPen(QPen(color, 1.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  draw(painter, color);
  painter.restore();
}

QIcon layerIcon(std::string_view type) {
  return QIcon(new LayerIconEngine(std::string(type)));
}

}  // namespace tandem::ui
