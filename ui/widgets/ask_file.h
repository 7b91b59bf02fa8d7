// Where files of the lab are written and read: every question begins in the folder of the last answer.
#pragma once

#include <QString>

class QWidget;

namespace tandem::ui {

QString lastFolder();
void rememberFolder(const QString& file);  // the one it lies in

// `title` as a file name that every system takes, without suffix.
QString fileName(const QString& title);

// Asks for a file to write, `name` (fileName()) with `suffix` (".html") being the proposal; adds a suffix
// where there is none, that of the filter which was chosen ("Web pages (*.html);;..."). Empty: cancelled.
QString askSaveFile(QWidget* parent, const QString& caption, const QString& name, const QString& suffix,
                    const QString& filter);

}  // namespace tandem::ui
