#include "ui/widgets/committed_text.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <algorithm>
#include <utility>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

constexpr int kNoteWidth = 260;

CommittedText* of(QWidget* widget) {
  for (; widget != nullptr; widget = widget->parentWidget())
    if (auto* text = widget->findChild<CommittedText*>(QString(), Qt::FindDirectChildrenOnly)) return text;
  return nullptr;
}

// Where the note floats: it scrolls with the field.
QWidget* surfaceOf(QWidget* field) {
  for (QWidget* parent = field->parentWidget(); parent != nullptr; parent = parent->parentWidget()) {
    if (parent->isWindow()) return parent;
    const auto* view = parent->parentWidget();
    if (view != nullptr && view->parentWidget() != nullptr &&
        qobject_cast<QScrollArea*>(view->parentWidget()) != nullptr)
      return parent;
  }
  return field->window();
}

}  // namespace

CommittedText::CommittedText(QWidget* field, QLineEdit* line, std::function<Status(const QString&)> apply)
    : QObject(field), field_(field), line_(line), apply_(std::move(apply)) {
  field_->installEventFilter(this);
  connect(line_, &QLineEdit::textEdited, this, [this] {
    wrong_ = false;
    hideNote();
  });
}

bool CommittedText::pending() const {
  return line_->isModified();
}

void CommittedText::setStored(const QString& text) {
  stored_ = text;
  if (applying_ || pending()) return;
  if (line_->text() != text) line_->setText(text);
}

bool CommittedText::commit() {
  if (applying_ || !pending()) return !wrong_;
  if (line_->text() == stored_) {  // typed and deleted again
    restore();
    return true;
  }
  applying_ = true;
  const QPointer<CommittedText> alive(this);
  const Status status = apply_(line_->text());
  if (alive == nullptr) return status.ok();  // the edit has rebuilt the form
  applying_ = false;
  if (status.ok()) {
    restore();
    return true;
  }
  wrong_ = true;
  showNote(errorText(status.error()));
  return false;
}

void CommittedText::restore() {
  wrong_ = false;
  hideNote();
  line_->setText(stored_);  // also clears the undo history of the line and its mark as modified
}

bool CommittedText::commitFocused() {
  CommittedText* text = of(QApplication::focusWidget());
  return text == nullptr || text->commit();
}

bool CommittedText::commitAll(QWidget* panel) {
  for (CommittedText* text : panel->findChildren<CommittedText*>()) {
    if (text->commit() || !text->field_->isVisible()) continue;
    text->field_->setFocus();
    return false;
  }
  return true;
}

void CommittedText::restoreAll(QWidget* panel) {
  for (CommittedText* text : panel->findChildren<CommittedText*>()) text->restore();
}

bool CommittedText::eventFilter(QObject* watched, QEvent* event) {
  switch (event->type()) {
    case QEvent::FocusOut: {
      // A context menu or another window returns the focus.
      const auto reason = static_cast<QFocusEvent*>(event)->reason();
      if (reason != Qt::PopupFocusReason && reason != Qt::ActiveWindowFocusReason) commit();
      break;
    }
    case QEvent::ShortcutOverride:
    case QEvent::KeyPress: {
      const auto* key = static_cast<QKeyEvent*>(event);
      if (key->key() == Qt::Key_Escape && (pending() || wrong_)) {
        if (event->type() == QEvent::KeyPress) {
          restore();
          line_->selectAll();
        }
        event->accept();  // a dialog stays open
        return true;
      }
      if (event->type() == QEvent::KeyPress &&
          (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)) {
        const bool good = commit();
        if (good) line_->selectAll();
        event->setAccepted(!good);  // the default button of a dialog is not clicked with a wrong value
        return true;
      }
      break;
    }
    case QEvent::Move:
    case QEvent::Resize:
    case QEvent::Show:
      if (!noteText_.isEmpty()) placeNote();
      break;
    case QEvent::Hide:
      if (note_ != nullptr) note_->hide();
      break;
    default:
      break;
  }
  return QObject::eventFilter(watched, event);
}

void CommittedText::showNote(const QString& text) {
  noteText_ = text;
  QPalette palette;
  palette.setColor(QPalette::Text, Theme::instance().colors().error);
  line_->setPalette(palette);
  placeNote();
}

void CommittedText::hideNote() {
  if (noteText_.isEmpty()) return;
  noteText_.clear();
  line_->setPalette({});
  delete note_;
}

void CommittedText::placeNote() {
  if (!field_->isVisible()) return;
  QWidget* surface = surfaceOf(field_);
  if (note_ == nullptr || note_->parentWidget() != surface) {
    delete note_;
    note_ = new QLabel(surface);
    note_->setObjectName("fieldNote");
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    note_->setAttribute(Qt::WA_TransparentForMouseEvents);
    const ThemeColors& colors = Theme::instance().colors();
    note_->setStyleSheet(
        QStringLiteral("#fieldNote { color: %1; background: %2; border: 1px solid %3; border-radius: 4px; "
                       "padding: 4px 6px; }")
            .arg(colors.text.name(), colors.errorBack.name(), colors.error.name()));
  }
  note_->setText(noteText_);
  note_->setAccessibleName(noteText_);
  const int width = std::min(std::max(kNoteWidth, field_->width()), surface->width() - 4);
  note_->setFixedWidth(width);
  note_->setFixedHeight(note_->heightForWidth(width));
  const QPoint below = field_->mapTo(surface, QPoint(0, field_->height() + 2));
  const QPoint above = field_->mapTo(surface, QPoint(0, -note_->height() - 2));
  const QRect seen = surface->visibleRegion().boundingRect();
  const bool fits = below.y() + note_->height() <= seen.bottom() || above.y() < seen.top();
  note_->move(std::clamp(below.x(), 0, std::max(0, surface->width() - width)), fits ? below.y() : above.y());
  note_->show();
  note_->raise();
}

}  // namespace tandem::ui
