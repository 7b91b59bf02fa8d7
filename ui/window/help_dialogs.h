// The dialogs of the Help menu.
#pragma once

#include <QAction>
#include <QList>
#include <vector>

#include "core/runtime/registry.h"

namespace tandem::ui {

// Shows versions, devices and licences.
void showAboutDialog(QWidget* parent, const std::vector<DeviceInfo>& devices);

// What training on a GPU needs, what this machine has of it, and the commands that install the rest.
void showGpuSetupDialog(QWidget* parent, const std::vector<BackendSlot>& backends);

// Lists all menu actions that have a shortcut, and the keys of the plots.
void showShortcutsDialog(QWidget* parent, const QList<QAction*>& menus);

}  // namespace tandem::ui
