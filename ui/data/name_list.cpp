#include "ui/data/name_list.h"

#include <QObject>

#include "core/data/name_list.h"

namespace tandem::ui {

Result<std::vector<std::string>> namesIn(const QString& text) {
  std::vector<std::string> names = nameList(text.toStdString());
  // Of quotes that are not closed, nameList() makes nothing.
  if (names.empty() && text.contains('"'))
    return invalid(
        QObject::tr("A name in quotes is not closed").toStdString(), {},
        QObject::tr("Only names that contain commas need quotes, around the whole name").toStdString());
  return names;
}

QString namesText(const std::vector<std::string>& names) {
  return QString::fromStdString(nameListText(names));
}

}  // namespace tandem::ui
