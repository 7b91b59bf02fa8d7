#include "ui/widgets/ask_file.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSettings>

namespace tandem::ui {
namespace {
constexpr auto kFolderKey = "files/folder";
}

QString lastFolder() {
  return QSettings().value(kFolderKey, QDir::homePath()).toString();
}

void rememberFolder(const QString& file) {
  QSettings().setValue(kFolderKey, QFileInfo(file).absolutePath());
}

QString fileName(const QString& title) {
  QString name;
  for (const QChar ch : title) name += ch.isLetterOrNumber() || ch == '-' || ch == '_' ? ch : QChar('-');
  return name.isEmpty() ? QString("network") : name;
}

QString askSaveFile(QWidget* parent, const QString& caption, const QString& name, const QString& suffix,
                    const QString& filter) {
  QString chosen;  // the selected filter
  QString file = QFileDialog::getSaveFileName(parent, caption, QDir(lastFolder()).filePath(name + suffix),
                                              filter, &chosen);
  if (file.isEmpty()) return file;
  if (QFileInfo(file).suffix().isEmpty()) {
    static const QRegularExpression suffixPattern(R"(\*(\.\w+)\))");
    const QString filterSuffix = suffixPattern.match(chosen).captured(1);
    file += filterSuffix.isEmpty() ? suffix : filterSuffix;
  }
  rememberFolder(file);
  return file;
}

}  // namespace tandem::ui
