// MessageBar: shows messages inside the window instead of in a dialog. Notes disappear after a few seconds;
// other messages stay until they are closed or replaced, or until what they are about has changed.
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
  // What a message is about, and so what ends it: Problem, any edit of the project; Project, another project.
  enum class About { Window, Project, Problem };

  explicit MessageBar(QWidget* parent = nullptr);

  // Replaces the previous message, about the project. An empty actionLabel shows no button.
  void showMessage(Kind kind, const QString& text, const QString& hint = {}, const QString& actionLabel = {},
                   std::function<void()> action = {});
  // About a problem.
  void showError(const Error& error, const QString& actionLabel = {}, std::function<void()> action = {},
                 Kind kind = Kind::Error);
  // Adds a second button to the current message.
  void setSecondAction(const QString& label, std::function<void()> action);
  void setAbout(About about) { about_ = about; }
  void setRun(std::int64_t id) { run_ = id; }  // the message is about this run and goes with it
  std::int64_t run() const { return run_; }    // 0: none
  void leave(About about);                     // hides a message about this, or about a part of it
  void pin();                                  // always a note that stays, without a button to close it
  Kind kind() const { return kind_; }
  QString text() const;

 private:
  void applyTheme();

  Kind kind_ = Kind::Note;
  About about_ = About::Project;
  std::int64_t run_ = 0;
  bool pinned_ = false;
  std::function<void()> action_, secondAction_;
  QLabel* icon_;
  QLabel* text_;
  QPushButton* button_;
  QPushButton* secondButton_;
  QToolButton* close_;
  QTimer timer_;
};

}  // namespace tandem::ui
