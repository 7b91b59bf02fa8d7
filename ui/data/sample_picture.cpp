#include "ui/data/sample_picture.h"

#include <QPainter>
#include <QPolygonF>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "core/data/tokenizer.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr int kSide = 48, kGap = 4;        // of a sample
constexpr std::int64_t kMostPixels = 192;  // of a side
constexpr std::int64_t kMostTokens = 16;   // of a line
constexpr std::int64_t kMostCurves = 6;

struct Range {
  float least = 0, greatest = 1;
  double share(float value) const {
    return greatest > least ? static_cast<double>((value - least) / (greatest - least)) : 0.5;
  }
};

void drawImage(QPainter& painter, const QRectF& place, const Shape& shape, const float* values,
               const Range& range) {
  // Of large images, some of the pixels.
  const std::int64_t height = std::min<std::int64_t>(shape[0], kMostPixels);
  const std::int64_t width = std::min<std::int64_t>(shape[1], kMostPixels);
  QImage image(static_cast<int>(width), static_cast<int>(height), QImage::Format_RGB32);
  const auto level = [&](float value) {
    return static_cast<int>(std::lround(std::clamp(range.share(value), 0.0, 1.0) * 255));
  };
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const float* const pixel =
          values + ((y * shape[0] / height) * shape[1] + x * shape[1] / width) * shape[2];
      const bool colour = shape[2] >= 3;
      image.setPixel(static_cast<int>(x), static_cast<int>(y),
                     qRgb(level(pixel[0]), level(pixel[colour ? 1 : 0]), level(pixel[colour ? 2 : 0])));
    }
  const QSizeF size = QSizeF(static_cast<double>(shape[1]), static_cast<double>(shape[0]))
                          .scaled(place.size(), Qt::KeepAspectRatio);
  QRectF inside(QPointF(), size);
  inside.moveCenter(place.center());
  painter.drawImage(inside, image);
}

void drawLines(QPainter& painter, const QRectF& place, const Shape& shape, const float* values,
               const Range& range) {
  const auto steps = static_cast<int>(shape[0]);
  const auto features = static_cast<int>(shape[1]);
  for (int f = 0; f < std::min<int>(features, kMostCurves); ++f) {
    QPolygonF line;
    for (int step = 0; step < steps; ++step)
      line << QPointF(place.left() + place.width() * step / std::max(1, steps - 1),
                      place.bottom() - place.height() * range.share(values[step * features + f]));
    painter.setPen(QPen(Theme::instance().curve(f), 1));
    painter.drawPolyline(line);
  }
}

}  // namespace

QImage samplePictures(const DataTensor& tensor, const std::vector<std::vector<float>>& rows, double ratio) {
  const std::int64_t width = tensor.sample.elements();
  std::int64_t columns = 0;
  for (const std::vector<float>& row : rows) columns = std::max(columns, std::ssize(row) / width);
  Range range{0, 255};
  if (!tensor.bytes) {
    const auto [least, greatest] = std::ranges::minmax(rows.front());
    range = {least, greatest};
  }
  const QSize size(static_cast<int>(columns) * (kSide + kGap),
                   static_cast<int>(rows.size()) * (kSide + kGap));
  QImage picture((QSizeF(size) * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
  picture.setDevicePixelRatio(ratio);
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::int64_t c = 0; c < std::ssize(rows[r]) / width; ++c) {
      const QRectF place(static_cast<double>(c * (kSide + kGap)), static_cast<double>(r) * (kSide + kGap),
                         kSide, kSide);
      const float* const values = rows[r].data() + c * width;
      if (tensor.sample.rank() == 3)
        drawImage(painter, place, tensor.sample, values, range);
      else
        drawLines(painter, place, tensor.sample, values, range);
    }
  return picture;
}

QString tokenLine(const DataTensor& tensor, std::span<const std::int32_t> tokens) {
  QStringList words;
  for (const std::int32_t token : tokens) {
    if (token == kPadding || words.size() == kMostTokens) break;
    words << toQString(tensor.classNames[static_cast<std::size_t>(token)]);
  }
  return words.join(' ');
}

}  // namespace tandem::ui
