// What the Help menu shows.
#pragma once

#include <QAction>
#include <QList>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem::ui {

// Versions, devices, licences.
void showAboutDialog(QWidget* parent, const std::vector<DeviceInfo>& devices);

// All actions of the menus that have a shortcut, and the keys of canvas and plots.
void showShortcutsDialog(QWidget* parent, const QList<QAction*>& menus);

}  // namespace tandem::ui
