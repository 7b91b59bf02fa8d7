// MessageBar: shows messages inside the window instead of in a dialog. Notes disappear after a few seconds;
// other messages stay until they are closed or replaced, errors also until clearError().
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

  // Replaces the previous message. An empty actionLabel shows no button.
  void showMessage(Kind kind, const QString& text, const QString& hint = {}, const QString& actionLabel = {},
                   std::function<void()> action = {});
  void showError(const Error& error, const QString& actionLabel = {}, std::function<void()> action = {},
                 Kind kind = Kind::Error);
  // Adds a second button to the current message.
  void setSecondAction(const QString& label, std::function<void()> action);
  void clearError();  // hides an Error, but not a Warning, whose reason persists
  Kind kind() const { return kind_; }
  QString text() const;

 private:
  void applyTheme();

  Kind kind_ = Kind::Note;
  std::function<void()> action_, secondAction_;
  QLabel* icon_;
  QLabel* text_;
  QPushButton* button_;
  QPushButton* secondButton_;
  QToolButton* close_;
  QTimer timer_;
};

}  // namespace tandem::ui
