// The behaviour of every field of text and numbers: what is typed applies on Enter or on leaving the field. Text
// that cannot be applied stays, with the reason below it, while the old value remains in force; Esc restores it.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <functional>

#include "core/base/result.h"

class QLabel;
class QLineEdit;
class QWidget;

namespace tandem::ui {

class CommittedText : public QObject {
  Q_OBJECT

 public:
  // field: has the focus and owns this object; line: the field itself or its editor. apply: stores the typed
  // text; its Error is shown and nothing has changed.
  CommittedText(QWidget* field, QLineEdit* line, std::function<Status(const QString&)> apply);

  // The text of the stored value. Text that is being typed is not replaced.
  void setStored(const QString& text);
  const QString& stored() const { return stored_; }
  // Text that has been typed and not applied.
  bool pending() const;
  bool wrong() const { return wrong_; }
  // Applies what was typed; false: it cannot be applied.
  bool commit();
  // Discards what was typed.
  void restore();

  // The field that has the focus, before a command runs that does not move the focus; true if there is none.
  static bool commitFocused();
  // All fields below `panel`; if one is wrong, it gets the focus.
  static bool commitAll(QWidget* panel);
  static void restoreAll(QWidget* panel);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void showNote(const QString& text);
  void hideNote();
  void placeNote();

  QWidget* field_;
  QLineEdit* line_;
  std::function<Status(const QString&)> apply_;
  QString stored_;
  bool wrong_ = false;
  bool applying_ = false;
  QPointer<QLabel> note_;
  QString noteText_;
};

}  // namespace tandem::ui
