// Shared parts of the GUI tests: private settings and folders, finding widgets by name, and mouse input.
// Events are sent as the window system would send them, so that the tests run offscreen.
#pragma once

#include <QAbstractButton>
#include <QApplication>
#include <QContextMenuEvent>
#include <QDialog>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <functional>

#include "ui/theme/theme.h"

namespace tandem::ui::test {

// Home, settings and data of this process only. It must be created before the QApplication.
class PrivateHome {
 public:
  PrivateHome() {
    for (const char* name :
         {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"}) {
      qputenv(name, folder_.filePath(QString::fromLatin1(name)).toUtf8());
      QDir().mkpath(folder_.filePath(QString::fromLatin1(name)));
    }
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QCoreApplication::setOrganizationName("tandem-test");
    QCoreApplication::setApplicationName("tandem-test");
    QSettings::setDefaultFormat(QSettings::IniFormat);
  }
  QString path(const QString& name) const { return folder_.filePath(name); }

 private:
  QTemporaryDir folder_;
};

// As WCAG defines it, from 1 to 21.
inline double contrast(const QColor& a, const QColor& b) {
  const auto luminance = [](const QColor& c) {
    const auto channel = [](double v) {
      return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) + 0.0722 * channel(c.blueF());
  };
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

// The widget with that object name below `root`. Aborts if it is missing, because the test or panel is broken.
template <class T>
T* find(const QWidget* root, const QString& name) {
  T* widget = root->findChild<T*>(name);
  if (widget == nullptr)
    qFatal("no widget named '%s' below '%s'", qPrintable(name), qPrintable(root->objectName()));
  return widget;
}

inline void sendMouse(QWidget* widget, QEvent::Type type, QPoint at, Qt::MouseButton button,
                      Qt::MouseButtons held, Qt::KeyboardModifiers keys = Qt::NoModifier) {
  QMouseEvent event(type, QPointF(at), QPointF(widget->mapToGlobal(at)), button, held, keys);
  QApplication::sendEvent(widget, &event);
}

// Presses, moves in steps and releases.
inline void drag(QWidget* widget, QPoint from, QPoint to, Qt::MouseButton button = Qt::LeftButton) {
  constexpr int kSteps = 5;
  sendMouse(widget, QEvent::MouseMove, from, Qt::NoButton, Qt::NoButton);
  sendMouse(widget, QEvent::MouseButtonPress, from, button, button);
  for (int i = 1; i <= kSteps; ++i) {
    sendMouse(widget, QEvent::MouseMove, from + (to - from) * i / kSteps, Qt::NoButton, button);
  }
  sendMouse(widget, QEvent::MouseButtonRelease, to, button, Qt::NoButton);
}

// Replaces the text of a field by typing.
template <class Field>
void retype(Field* field, const QString& text) {
  field->setFocus();
  field->selectAll();
  QTest::keyClicks(field, text);
}

// Types a value and confirms it.
template <class Field>
void enter(Field* field, const QString& text) {
  retype(field, text);
  QTest::keyClick(field, Qt::Key_Return);
}

// Drops `content` as if dragged from another widget.
inline void drop(QWidget* widget, QPoint at, const QMimeData& content) {
  QDragEnterEvent enter(at, Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(widget, &enter);
  if (!enter.isAccepted()) return;
  QDragMoveEvent move(at, Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(widget, &move);
  QDropEvent event(QPointF(at), Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(widget, &event);
}

// Answers the next modal dialog from the event loop, as a user would.
inline void whenDialog(const QString& name, const std::function<void(QDialog*)>& answer) {
  auto* timer = new QTimer(qApp);
  timer->setInterval(20);
  QObject::connect(timer, &QTimer::timeout, qApp, [=] {
    auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
    if (dialog == nullptr || (!name.isEmpty() && dialog->objectName() != name)) return;
    timer->stop();
    timer->deleteLater();
    answer(dialog);
  });
  timer->start();
}

inline void clickButton(QDialog* dialog, const QString& text) {
  for (auto* button : dialog->findChildren<QAbstractButton*>()) {
    if (button->text().remove('&') == text) {
      QTest::mouseClick(button, Qt::LeftButton);
      return;
    }
  }
  QFAIL(qPrintable("no button " + text));
}

// Answers the next question with that object name by clicking a button.
inline void answer(const QString& question, const QString& button) {
  whenDialog(question, [button](QDialog* dialog) { clickButton(dialog, button); });
}

// Opens the context menu at a point with the right button, chooses an entry if one is named, and closes the menu.
struct Menu {
  QString name;
  QStringList entries;  // object names of the enabled actions

  explicit Menu(QWidget* widget, QPoint at, const QString& choose = {}) {
    sendMouse(widget, QEvent::MouseButtonPress, at, Qt::RightButton, Qt::RightButton);
    QTimer::singleShot(20, widget, [&] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      if (menu == nullptr) qFatal("no context menu");
      name = menu->objectName();
      QAction* chosen = nullptr;
      for (QAction* action : menu->findChildren<QAction*>() + menu->actions()) {
        if (!action->isEnabled() || action->objectName().isEmpty()) continue;
        entries << action->objectName();
        if (action->objectName() == choose) chosen = action;
      }
      if (chosen == nullptr && !choose.isEmpty()) qFatal("no entry %s", qPrintable(choose));
      menu->close();
      if (chosen != nullptr) chosen->trigger();
    });
    QContextMenuEvent event(QContextMenuEvent::Mouse, at, widget->mapToGlobal(at));
    QApplication::sendEvent(widget, &event);
    sendMouse(widget, QEvent::MouseButtonRelease, at, Qt::RightButton, Qt::NoButton);
  }
};

inline void chooseFile(const QString& path) {
  whenDialog({}, [path](QDialog* dialog) {
    auto* files = qobject_cast<QFileDialog*>(dialog);
    QVERIFY(files != nullptr);
    files->findChild<QLineEdit*>("fileNameEdit")->setText(path);
    QMetaObject::invokeMethod(files, "accept", Qt::QueuedConnection);
  });
}

// Saves an image of a widget in the folder TANDEM_SCREENSHOTS, if that is set.
inline void screenshot(QWidget* widget, const QString& name) {
  const QString folder = qEnvironmentVariable("TANDEM_SCREENSHOTS");
  if (!folder.isEmpty()) widget->grab().save(folder + '/' + name + ".png");
}

}  // namespace tandem::ui::test

#define TANDEM_GUI_TEST_MAIN(TestClass)     \
  int main(int argc, char** argv) {         \
    tandem::ui::test::PrivateHome home;     \
    QApplication app(argc, argv);           \
    tandem::ui::Theme::instance().apply();  \
    TestClass test;                         \
    return QTest::qExec(&test, argc, argv); \
  }
