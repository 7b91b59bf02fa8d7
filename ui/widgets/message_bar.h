// MessageBar: a message in the window, not a dialog over it. Errors stay until closed or overcome;
// notes go by themselves.
#pragma once

#include <QFrame>
#include <QTimer>
#include <functional>

#include "core/base/result.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace tandem::ui {

class MessageBar : public QFrame {
  Q_OBJECT

 public:
  enum class Kind { Note, Success, Warning, Error };

  explicit MessageBar(QWidget* parent = nullptr);

  // action: a button with that label; empty: none. A new message replaces the old one.
  void showMessage(Kind kind, const QString& text, const QString& hint = {}, const QString& actionLabel = {},
                   std::function<void()> action = {});
  void showError(const Error& error, const QString& actionLabel = {}, std::function<void()> action = {},
                 Kind kind = Kind::Error);
  // Another button beside that of the message that is shown.
  void alsoOffer(const QString& label, std::function<void()> action);
  void overcome();  // hides an Error; a Warning is of what stays as it is
  Kind kind() const { return kind_; }
  QString text() const;

 private:
  void applyTheme();

  Kind kind_ = Kind::Note;
  std::function<void()> action_, other_;
  QLabel* icon_;
  QLabel* text_;
  QPushButton* button_;
  QPushButton* otherButton_;
  QToolButton* close_;
  QTimer timer_;
};

}  // namespace tandem::ui
