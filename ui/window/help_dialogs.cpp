#include "ui/window/help_dialogs.h"

#include <sqlite3.h>

#include <QDesktopServices>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTextBrowser>
#include <QUrl>
#include <QVBoxLayout>

#include "core/base/log.h"
#include "core/runs/gpu_setup.h"
#include "ui/models/format.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("tandem::ui::Help", text);
}

QString row(const QString& label, const QString& value) {
  return QString("<tr><td>%1&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>")
      .arg(label.toHtmlEscaped(), value.toHtmlEscaped());
}

// `button` stands beside Close, if there is one.
void show(QWidget* parent, const QString& name, const QString& title, const QString& html,
          QPushButton* button = nullptr) {
  QDialog dialog(parent);
  dialog.setObjectName(name);
  dialog.setWindowTitle(title);
  auto* layout = new QVBoxLayout(&dialog);
  auto* text = new QTextBrowser(&dialog);
  text->setObjectName(name + "Text");
  text->setFrameShape(QFrame::NoFrame);
  text->viewport()->setAutoFillBackground(false);
  text->setOpenExternalLinks(true);
  text->setHtml(html);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, &dialog);
  QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  if (button != nullptr) buttons->addButton(button, QDialogButtonBox::ActionRole);
  buttons->button(QDialogButtonBox::Close)->setDefault(true);
  layout->addWidget(text);
  layout->addWidget(buttons);
  const int em = parent->fontMetrics().horizontalAdvance('m');
  dialog.resize(em * 52, em * 46);
  dialog.exec();
}

void addShortcuts(const QMenu* menu, QString& rows) {
  for (const QAction* action : menu->actions()) {
    if (action->menu() != nullptr) {
      addShortcuts(action->menu(), rows);
    } else if (!action->shortcut().isEmpty()) {
      QStringList keys;
      for (const QKeySequence& key : action->shortcuts()) keys << key.toString(QKeySequence::NativeText);
      rows += row(action->text().remove('&').remove("…"), keys.join(tr(" or ")));
    }
  }
}

}  // namespace

void showAboutDialog(QWidget* parent, const std::vector<DeviceInfo>& devices) {
  QString html = QString("<h2>%1 %2</h2><p>%3</p>")
                     .arg(tr("Tandem"), QCoreApplication::applicationVersion(),
                          tr("Draw, train and compare neural networks."));
  html += "<table>";
  html += row("Qt", qVersion());
  html += row("QCustomPlot", QCUSTOMPLOT_VERSION_STR);
  html += row("SQLite", sqlite3_libversion());
  for (const BackendSlot& slot : DeviceRegistry::instance().slots()) {
    if (slot.backend == nullptr) {
      html += row(toQString(slot.file), toQString(slot.problem));
      continue;
    }
    for (const auto& [label, value] : slot.backend->facts()) html += row(toQString(label), toQString(value));
  }
  const LogPlace log = logPlace();
  const QString logFile = toQString(log.file.string());
  html += row(tr("Log"), log.problem.empty() ? logFile : toQString(log.problem));
  html += "</table>";
  html += QString("<h3>%1</h3><table>").arg(tr("Devices"));
  for (const DeviceInfo& device : devices) {
    html +=
        row(toQString(device.id), device.usable ? toQString(device.name)
                                                : toQString(device.name) + " – " + toQString(device.reason));
  }
  html += "</table>";
  html += QString("<h3>%1</h3>").arg(tr("Licence"));
  html += tr(
      "<p>Tandem is free software under the GNU General Public License, version 3 or later. It comes with "
      "no warranty, to the extent permitted by law. The file LICENSE has the full text.</p>"
      "<p>It uses Qt (LGPL 3), QCustomPlot (GPL 3), Eigen (MPL 2), oneDNN (Apache 2.0), HDF5 (BSD), "
      "SQLite (public domain), nlohmann-json (MIT), fmt (MIT), spdlog (MIT), zlib, libpng and libjpeg.</p>");
  auto* showLog = new QPushButton(tr("Show log folder"));
  showLog->setObjectName("showLogFolder");
  const QString folder = toQString(log.file.parent_path().string());
  showLog->setEnabled(QDir(folder).exists());
  QObject::connect(showLog, &QPushButton::clicked, showLog,
                   [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
  show(parent, "aboutDialog", tr("About Tandem"), html, showLog);
}

void showGpuSetupDialog(QWidget* parent, const std::vector<BackendSlot>& backends) {
  const Distribution distribution = thisDistribution();
  show(parent, "gpuSetupDialog", tr("Setting up a GPU"),
       toQString(setupHtml(gpuSetup(gpuFindings(backends), distribution), distribution)));
}

void showShortcutsDialog(QWidget* parent, const QList<QAction*>& menus) {
  QString html;
  for (const QAction* top : menus) {
    if (top->menu() == nullptr) continue;
    QString rows;
    addShortcuts(top->menu(), rows);
    if (rows.isEmpty()) continue;
    html += QString("<h3>%1</h3><table>%2</table>").arg(top->text().remove('&'), rows);
  }
  html += QString("<h3>%1</h3><table>").arg(tr("Plots"));
  html += row(tr("Zoom"), tr("mouse wheel, + or -"));
  html += row(tr("Pan"), tr("drag or arrow keys"));
  html += row(tr("Fit"), tr("double-click or Home"));
  html += row(tr("Show or hide a curve"), tr("click its legend entry, or use the context menu"));
  html +=
      row(tr("Show event details"), tr("hover over a marked line (enable checkpoints in the context menu)"));
  html +=
      row(tr("Edit the points of a schedule"), tr("double-click and drag, or Tab, arrow keys, Ins and Del"));
  html += "</table>";
  show(parent, "shortcutsDialog", tr("Keyboard shortcuts"), html);
}

}  // namespace tandem::ui
