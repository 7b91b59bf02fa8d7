#include "ui/data/data_summary.h"

#include <QObject>
#include <QStringList>
#include <algorithm>

#include "core/text/plural.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

QString classList(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  QStringList list;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
    list << QString::fromStdString(names[i]).replace('\n', QChar(0x21b5)).replace('\r', QChar(0x21b5));
  if (names.size() > kShown) list << QStringLiteral("…");
  return list.join(", ");
}

// "28 × 28 × 1", "64 tokens", "up to 32 steps of 1 number".
QString sampleText(const DataTensor& input) {
  if (input.classes == 0 && !input.varies) return shapeText(input.sample);
  std::string text = counted(input.sample[0], input.classes > 0 ? "token" : "step");
  if (input.classes == 0) text += " of " + counted(input.sample[1], "number");
  return input.varies ? QObject::tr("up to %1").arg(toQString(text)) : toQString(text);
}

}  // namespace

QString dataSummary(const DatasetInfo& info, DataKind kind) {
  const auto nameOf = [](const DataTensor& tensor) { return toQString(tensor.name).toHtmlEscaped(); };
  QString text = QStringLiteral("<b>%1</b>").arg(toQString(info.name).toHtmlEscaped());
  for (const DataTensor& input : info.inputs)
    text += info.inputs.size() == 1 ? QObject::tr("<br>Sample: %1").arg(sampleText(input))
                                    : QObject::tr("<br>Input %1: %2").arg(nameOf(input), sampleText(input));
  for (const DataTensor& input : info.inputs)
    if (input.classes > 0)
      text += QObject::tr("<br>Tokens: %1").arg(classList(input.classNames).toHtmlEscaped());
  for (const DataTensor& target : info.targets) {
    QString values = tensorText(target);
    if (target.classes > 0) values += ": " + classList(target.classNames).toHtmlEscaped();
    text += info.targets.size() == 1 && target.classes > 0
                ? "<br>" + values
                : QObject::tr("<br>Target %1: %2").arg(nameOf(target), values);
  }
  // The rows of a table name its columns.
  if (const auto names = info.featureNames(); !names.empty() && kind != DataKind::Csv)
    text += QObject::tr("<br>Columns: ") + classList(names).toHtmlEscaped();
  for (const std::string& note : info.notes) text += "<br>" + QString::fromStdString(note).toHtmlEscaped();
  return text;
}

}  // namespace tandem::ui
