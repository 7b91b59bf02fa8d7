// File dialogs of the lab, which all start in the folder that was used last.
#pragma once

#include <QString>

class QWidget;

namespace tandem::ui {

QString lastFolder();
void rememberFolder(const QString& file);  // the folder that contains the file

// Turns `title` into a file name that is valid on every system, without suffix.
QString fileName(const QString& title);

// Asks for a file to write and proposes `name` (from fileName()) with `suffix` (".html"). If the answer has
// no suffix, adds the one of the chosen filter ("Web pages (*.html);;..."). Empty if cancelled.
QString askSaveFile(QWidget* parent, const QString& caption, const QString& name, const QString& suffix,
                    const QString& filter);

}  // namespace tandem::ui
