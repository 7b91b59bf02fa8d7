#include "ui/models/format.h"

#include <QLocale>
#include <QStringList>
#include <array>

namespace tandem::ui {
namespace {

// Three significant digits with the matching SI prefix; no prefix below 1000.
QString prefixed(double value, const QString& unit) {
  static constexpr std::array<const char*, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  std::size_t step = 0;
  while (value >= 999.5 && step + 1 < kPrefixes.size()) {
    value /= 1000;
    ++step;
  }
  const int decimals = step == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const QString suffix = QLatin1String(kPrefixes[step]) + unit;
  const QString number = QLocale().toString(value, 'f', decimals);
  return suffix.isEmpty() ? number : number + QChar(0x202F) + suffix;  // a narrow no-break space
}

}  // namespace

QString toQString(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString shapeText(const Shape& shape) {
  if (shape.rank() == 0) return QStringLiteral("scalar");
  QStringList parts;
  for (const std::int64_t extent : shape.dims()) parts << QString::number(extent);
  return parts.join(QStringLiteral(" × "));
}

QString countText(std::int64_t count) {
  return prefixed(static_cast<double>(count), {});
}
QString flopsText(double flops) {
  return prefixed(flops, QStringLiteral("FLOPs"));
}
QString bytesText(double bytes) {
  return prefixed(bytes, QStringLiteral("B"));
}
QString precisionText(const PrecisionOffer& offer) {
  const QString name = toQString(nameOf(offer.precision)), note = toQString(offer.note);
  return note.contains(':') ? QStringLiteral("%1 (%2)").arg(name, note.section(':', 0, 0)) : name;
}
QString joulesText(double joules) {
  if (joules >= 99.95) return prefixed(joules, QStringLiteral("J"));
  return QLocale().toString(joules, 'g', 3) + QChar(0x202F) + QStringLiteral("J");
}
QString wholeCountText(std::int64_t count) {
  return QLocale().toString(static_cast<qlonglong>(count));
}

QString errorText(const Error& error) {
  // Messages start in lower case, to follow a place ("dense: needs ..."); alone they start a sentence.
  QString text = QString::fromStdString(error.message);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  if (!error.hint.empty()) text += QStringLiteral(". ") + QString::fromStdString(error.hint);
  return text;
}

}  // namespace tandem::ui
