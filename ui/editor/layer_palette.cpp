#include "ui/editor/layer_palette.h"

#include <QApplication>
#include <QDrag>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QSortFilterProxyModel>
#include <QStyle>
#include <QTreeView>
#include <QVBoxLayout>

#include "core/network/blocks.h"
#include "ui/editor/palette_model.h"
#include "ui/models/format.h"
#include "ui/models/project_document.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

// Drags only the layer's icon, because an image of the row would hide the drop position.
class PaletteTree : public QTreeView {
 public:
  // Wide enough for the longest name and the scroll bar.
  QSize sizeHint() const override {
    const int names = sizeHintForColumn(0) + fontMetrics().averageCharWidth();
    return {names + style()->pixelMetric(QStyle::PM_ScrollBarExtent), QTreeView::sizeHint().height()};
  }

 protected:
  void startDrag(Qt::DropActions actions) override {
    const QModelIndex index = currentIndex();
    QMimeData* content = model()->mimeData({index});
    if (content == nullptr) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(content);
    drag->setPixmap(index.data(Qt::DecorationRole).value<QIcon>().pixmap(QSize(28, 28), devicePixelRatioF()));
    drag->setHotSpot(QPoint(-8, -8));
    drag->exec(actions, Qt::CopyAction);
  }
};

}  // namespace

LayerPalette::LayerPalette(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
  setObjectName("layerPalette");
  search_ = new QLineEdit;
  search_->setObjectName("paletteSearch");
  search_->setPlaceholderText(tr("Search layers"));
  search_->setAccessibleName(tr("Search layers"));
  search_->setToolTip(tr("Type a name; Enter adds the first match, Esc returns to the canvas"));
  search_->setClearButtonEnabled(true);
  search_->installEventFilter(this);

  shown_ = new QSortFilterProxyModel(this);
  shown_->setSourceModel(new PaletteModel(this));
  shown_->setRecursiveFilteringEnabled(true);
  shown_->setFilterRole(PaletteModel::SearchRole);
  shown_->setFilterCaseSensitivity(Qt::CaseInsensitive);

  list_ = new PaletteTree;
  list_->setObjectName("paletteList");
  list_->setAccessibleName(tr("Layers"));
  list_->setModel(shown_);
  list_->setHeaderHidden(true);
  list_->setIndentation(8);
  list_->setRootIsDecorated(false);
  list_->setItemsExpandable(false);
  list_->setExpandsOnDoubleClick(false);
  list_->setIconSize(QSize(22, 22));
  list_->setDragEnabled(true);
  list_->setDragDropMode(QAbstractItemView::DragOnly);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  styleList();
  list_->expandAll();
  list_->installEventFilter(this);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 0);
  layout->setSpacing(8);
  layout->addWidget(search_);
  layout->addWidget(list_);
  setMinimumWidth(190);

  connect(search_, &QLineEdit::textChanged, this, &LayerPalette::filter);
  connect(list_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
    add(index);
    Q_EMIT left();
  });
  connect(&Theme::instance(), &Theme::changed, this, &LayerPalette::styleList);
}

// A widget with a style sheet does not follow palette changes, so the palette and the sheet are set again.
void LayerPalette::styleList() {
  list_->setStyleSheet({});
  list_->setPalette(QApplication::palette());
  list_->setStyleSheet("QTreeView::item { padding: 3px 2px; }");
}

void LayerPalette::filter(const QString& text) {
  shown_->setFilterFixedString(text.trimmed());
  list_->expandAll();
  // The first match is current, so that Enter adds it.
  const QModelIndex category = shown_->index(0, 0);
  list_->setCurrentIndex(text.trimmed().isEmpty() ? QModelIndex() : shown_->index(0, 0, category));
}

void LayerPalette::add(const QModelIndex& index) {
  const QString type = index.data(PaletteModel::TypeRole).toString();
  if (type.isEmpty()) return;
  const auto& selected = document_.selectedLayers();
  const LayerId after = selected.size() == 1 ? *selected.begin() : 0;
  Status added = success();
  if (findBlock(type.toStdString()) != nullptr)
    added = document_.addBlockAfter(type, after);
  else if (const auto layer = document_.addLayerAfter(type, after); !layer.ok())
    added = layer.error();
  if (!added.ok()) {
    Q_EMIT refused(errorText(added.error()));
    return;
  }
  search_->clear();
}

bool LayerPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    add(list_->currentIndex());
    return true;
  }
  if (key == Qt::Key_Escape) {
    if (watched == search_ && !search_->text().isEmpty())
      search_->clear();
    else
      Q_EMIT left();
    return true;
  }
  if (watched == search_ && key == Qt::Key_Down) {
    list_->setFocus();
    if (!list_->currentIndex().isValid()) list_->setCurrentIndex(shown_->index(0, 0, shown_->index(0, 0)));
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace tandem::ui
