#include "ui/runs/notes_delegate.h"

#include <QKeyEvent>
#include <QPlainTextEdit>

namespace tandem::ui {
namespace {
constexpr int kLines = 5, kEms = 24;
}

QWidget* NotesDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const {
  auto* editor = new QPlainTextEdit(parent);
  editor->setObjectName("notesEditor");
  editor->setAccessibleName(tr("Notes"));
  return editor;
}

void NotesDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
  static_cast<QPlainTextEdit*>(editor)->setPlainText(index.data(Qt::EditRole).toString());
}

void NotesDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const {
  model->setData(index, static_cast<QPlainTextEdit*>(editor)->toPlainText());
}

void NotesDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                         const QModelIndex&) const {
  const QSize size(std::max(option.rect.width(), option.fontMetrics.horizontalAdvance('m') * kEms),
                   option.fontMetrics.lineSpacing() * kLines);
  QRect rect(option.rect.topLeft(), size);
  // Stay inside the table: the last rows and columns have no space below or beside them.
  const QRect available = editor->parentWidget()->rect();
  rect.moveRight(std::min(rect.right(), available.right()));
  rect.moveBottom(std::min(rect.bottom(), available.bottom()));
  rect.moveTopLeft({std::max(rect.left(), 0), std::max(rect.top(), 0)});
  editor->setGeometry(rect);
}

bool NotesDelegate::eventFilter(QObject* editor, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) &&
        key->modifiers() & Qt::ControlModifier) {
      auto* widget = static_cast<QWidget*>(editor);
      Q_EMIT commitData(widget);
      Q_EMIT closeEditor(widget);
      return true;
    }
  }
  return QStyledItemDelegate::eventFilter(editor, event);
}

}  // namespace tandem::ui
