#include "ui/models/format.h"

#include <QLocale>
#include <QObject>
#include <QStringList>

#include "core/text/units.h"

namespace tandem::ui {
namespace {

// In the locale, with a narrow no-break space.
QString localized(const Quantity& quantity) {
  const QString number = QLocale().toString(quantity.value, 'f', quantity.decimals);
  return quantity.unit.empty() ? number : number + QChar(0x202F) + toQString(quantity.unit);
}

}  // namespace

QString toQString(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString summaryText(std::string_view summary, const LibraryNames& names) {
  const std::string inLibraries = libraryNamesText(names);
  return inLibraries.empty() ? toQString(summary) : toQString(summary) + "\n" + toQString(inLibraries);
}

QString shapeText(const Shape& shape) {
  if (shape.rank() == 0) return QStringLiteral("scalar");
  QStringList parts;
  for (const std::int64_t extent : shape.dims()) parts << QString::number(extent);
  return parts.join(QStringLiteral(" × "));
}

QString outputText(const LayerFacts& facts) {
  return toQString(facts.outputText()).replace(QStringLiteral(" x "), QStringLiteral(" × "));
}

QString tensorText(const DataTensor& tensor) {
  const Shape& sample = tensor.sample;
  if (tensor.classes > 0) {
    const QString classes = tensor.moreClasses ? QObject::tr("at least %n classes", nullptr, tensor.classes)
                                               : QObject::tr("%n classes", nullptr, tensor.classes);
    if (sample.rank() == 1) return QObject::tr("%1 at each of %2 steps").arg(classes, shapeText(sample));
    return sample.rank() == 0 ? classes
                              : QObject::tr("%1 at each of %2 pixels").arg(classes, shapeText(sample));
  }
  if (sample.rank() > 1) return shapeText(sample);
  return sample.elements() == 1 ? QObject::tr("a number")
                                : QObject::tr("%n numbers", nullptr, static_cast<int>(sample.elements()));
}

QString countText(std::int64_t count) {
  return localized(countOf(static_cast<double>(count)));
}
QString flopsText(double flops) {
  return localized(flopsOf(flops));
}
QString bytesText(double bytes) {
  return localized(bytesOf(bytes));
}
QString joulesText(double joules) {
  return localized(joulesOf(joules));
}
QString durationText(double seconds) {
  return toQString(tandem::durationText(seconds));
}
QString differenceText(double relative) {
  return toQString(tandem::differenceText(relative));
}
QString precisionText(const PrecisionChoice& choice) {
  const QString name = toQString(nameOf(choice.precision)), text = toQString(choice.text);
  if (!choice.offered) return QObject::tr("%1 (unsupported)").arg(name);
  return text.contains(':') ? QStringLiteral("%1 (%2)").arg(name, text.section(':', 0, 0)) : name;
}
QString precisionTip(const PrecisionChoice& choice) {
  return toQString(nameOf(choice.precision)) + ": " + toQString(choice.text);
}
QString wholeCountText(std::int64_t count) {
  return QLocale().toString(static_cast<qlonglong>(count));
}

QString parametersText(std::int64_t trained, std::int64_t untrained) {
  if (untrained == 0) return trained > 0 ? wholeCountText(trained) : QObject::tr("none");
  const QString rest = QObject::tr("%1 non-trainable").arg(wholeCountText(untrained));
  return trained > 0 ? wholeCountText(trained) + " + " + rest : rest;
}

QString parametersTip() {
  return QObject::tr(
      "Weights that training changes; non-trainable are running statistics and frozen weights");
}

QString trainableTip() {
  return QObject::tr(
      "Off: frozen. Training does not change the weights, and batch normalization uses and preserves its "
      "running statistics. Dropout remains active");
}

QString errorText(const Error& error) {
  // Messages start in lower case, to follow a place ("dense: needs ..."); alone they start a sentence.
  QString text = QString::fromStdString(error.message);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  if (!error.hint.empty()) text += QStringLiteral(". ") + QString::fromStdString(error.hint);
  return text;
}

}  // namespace tandem::ui
