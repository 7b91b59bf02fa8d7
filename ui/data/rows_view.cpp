#include "ui/data/rows_view.h"

#include <QActionGroup>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollBar>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/data/column_header.h"
#include "ui/data/rows_model.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kVisibleRows = 8;
constexpr int kMostChars = 22;  // of a column's width; longer cells are elided
constexpr int kMeasuredRows = 20;

struct Use {
  ColumnUse use;
  const char* name;  // of its menu entry
  QString text;
};

std::vector<Use> uses() {
  return {{ColumnUse::TargetClasses, "columnTargetClasses", RowsView::tr("&Target: classes")},
          {ColumnUse::TargetNumber, "columnTargetNumber", RowsView::tr("Ta&rget: number")},
          {ColumnUse::Number, "columnNumber", RowsView::tr("Feature: &number")},
          {ColumnUse::Category, "columnCategory", RowsView::tr("Feature: &category")},
          {ColumnUse::Text, "columnText", RowsView::tr("Feature: te&xt")},
          {ColumnUse::SampleWeights, "columnSampleWeights", RowsView::tr("Sample &weights")},
          {ColumnUse::Group, "columnGroup", RowsView::tr("&Group: names the series")},
          {ColumnUse::Order, "columnOrder", RowsView::tr("&Order of the rows")},
          {ColumnUse::Ignored, "columnIgnored", RowsView::tr("&Ignored")},
          {ColumnUse::Automatic, "columnAutomatic", RowsView::tr("&Automatic")}};
}

}  // namespace

RowsView::RowsView(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), model_(new RowsModel(this)), table_(new QTableView) {
  setObjectName("rowsView");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Rows")));
  buildTable();
  column->addWidget(table_);
  const auto text = [&](const char* name) {
    auto* label = new QLabel;
    label->setObjectName(name);
    label->setWordWrap(true);
    label->setForegroundRole(QPalette::PlaceholderText);
    column->addWidget(label);
    return label;
  };
  empty_ = text("rowsEmpty");
  caption_ = text("rowsCaption");
  connect(&document_, &ProjectDocument::dataChanged, this, &RowsView::refresh);
  connect(&document_, &ProjectDocument::dataInfoChanged, this, &RowsView::refresh);
  refresh();
}

void RowsView::buildTable() {
  table_->setObjectName("rowsTable");
  table_->setAccessibleName(tr("First rows of the table"));
  table_->setAccessibleDescription(tr("Enter opens the menu of the current column"));
  table_->setHorizontalHeader(new ColumnHeader(table_));
  table_->setModel(model_);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setTabKeyNavigation(false);
  table_->setWordWrap(false);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setCornerButtonEnabled(false);
  table_->verticalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
  table_->verticalHeader()->setHighlightSections(false);
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
  const int rows = kVisibleRows * table_->verticalHeader()->defaultSectionSize();
  const int header = 2 * fontMetrics().height() + 8;
  table_->setFixedHeight(header + rows + table_->horizontalScrollBar()->sizeHint().height() + 4);
  for (QWidget* widget : {static_cast<QWidget*>(table_), static_cast<QWidget*>(table_->viewport()),
                          static_cast<QWidget*>(table_->horizontalHeader()->viewport())})
    widget->installEventFilter(this);
}

void RowsView::refresh() {
  const bool table = document_.data().kind == DataKind::Csv;
  setVisible(table);
  if (!table) return;
  const TablePreview& preview = document_.tablePreview();
  const bool other = preview.names() != model_->preview().names() || preview.width != model_->preview().width;
  model_->setPreview(preview);
  if (other) fitColumns();
  const bool shown = preview.width > 0;
  table_->setVisible(shown);
  caption_->setVisible(shown);
  empty_->setVisible(!shown);
  if (document_.data().path.empty())
    empty_->setText(tr("Choose a file to see its first rows."));
  else
    empty_->setText(document_.probing() ? tr("Loading…") : tr("The file has no rows that can be shown."));
  if (!shown) return;
  QStringList parts;
  parts << (preview.more ? tr("The first %n rows", nullptr, static_cast<int>(TablePreview::kRows))
                         : tr("All %n rows", nullptr, model_->rowCount()));
  if (preview.columns.size() > preview.width)
    parts << tr("the first %1 of %2 columns").arg(preview.width).arg(preview.columns.size());
  caption_->setText(
      tr("%1, with their lines in the file. To change a column, right-click it or press Enter in it.")
          .arg(parts.join(", ")));
  const int fault = model_->faultRow();
  if (other && fault >= 0) table_->scrollTo(model_->index(fault, 0));
}

void RowsView::fitColumns() {
  const int most = kMostChars * fontMetrics().averageCharWidth();
  const QHeaderView* header = table_->horizontalHeader();
  for (int column = 0; column < model_->columnCount(); ++column) {
    int width = header->sectionSizeHint(column);
    for (int row = 0; row < std::min(model_->rowCount(), kMeasuredRows); ++row) {
      const QString cell = model_->index(row, column).data().toString();
      width = std::max(width, fontMetrics().horizontalAdvance(cell.left(kMostChars)) + 14);
    }
    table_->setColumnWidth(column, std::min(width, most));
  }
}

bool RowsView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && watched == table_) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    const QModelIndex current = table_->currentIndex();
    if ((key != Qt::Key_Return && key != Qt::Key_Enter) || !current.isValid()) return false;
    openMenu(current.column(), table_->viewport()->mapToGlobal(table_->visualRect(current).bottomLeft()));
    return true;
  }
  if (event->type() != QEvent::ContextMenu) return QWidget::eventFilter(watched, event);
  const auto* menu = static_cast<QContextMenuEvent*>(event);
  if (menu->reason() == QContextMenuEvent::Keyboard) {
    const QModelIndex current = table_->currentIndex();
    if (current.isValid())
      openMenu(current.column(), table_->viewport()->mapToGlobal(table_->visualRect(current).bottomLeft()));
  } else {
    openMenu(table_->columnAt(menu->pos().x()), menu->globalPos());
  }
  return true;
}

void RowsView::openMenu(int column, const QPoint& at) {
  if (!model_->hasColumn(column)) return;
  const std::vector<std::string> names = model_->preview().names();
  const auto index = static_cast<std::size_t>(column);
  QMenu menu(this);
  menu.setObjectName("columnMenu");
  menu.addSection(toQString(names[index]).replace('&', "&&"));
  auto* group = new QActionGroup(&menu);
  const ColumnUse now = useOf(document_.data(), names, index);
  QString reason = locked_ ? tr("Columns cannot be changed during a run") : QString();
  const bool series = document_.data().series.isSet();
  for (const Use& use : uses()) {
    if (!series && (use.use == ColumnUse::Group || use.use == ColumnUse::Order)) continue;
    QAction* action = menu.addAction(use.text, this, [&, use] { setColumn(names, index, use.use); });
    action->setObjectName(use.name);
    action->setCheckable(true);
    action->setChecked(use.use == now);
    group->addAction(action);
    DataSpec changed = document_.data();
    const Status possible = setUse(changed, names, index, use.use);
    action->setEnabled(!locked_ && possible.ok());
    if (!locked_ && !possible.ok()) reason = toQString(possible.error().hint);
    if (use.use == ColumnUse::TargetNumber) addTargetMenu(menu, names, index);
    if (use.use == ColumnUse::TargetNumber || use.use == ColumnUse::Ignored) menu.addSeparator();
  }
  if (!reason.isEmpty()) {
    menu.addSeparator();
    menu.addAction(reason)->setEnabled(false);
  }
  menu.exec(at);
}

void RowsView::addTargetMenu(QMenu& menu, const std::vector<std::string>& names, std::size_t column) {
  QMenu* kinds = menu.addMenu(tr("&Predict this column too"));
  kinds->setEnabled(!locked_ && !isTarget(document_.data(), names, column));
  const auto add = [&](const QString& text, const char* name, bool classes) {
    QAction* action = kinds->addAction(text, this, [this, names, column, classes] {
      DataSpec spec = document_.data();
      addTarget(spec, names, column, classes);
      document_.setData(spec, tr("Predict column %1 too").arg(toQString(names[column])));
    });
    action->setObjectName(name);
    action->setEnabled(kinds->isEnabled());
  };
  add(tr("As &classes"), "columnAddClasses", true);
  add(tr("As a &number"), "columnAddNumber", false);
}

void RowsView::setColumn(const std::vector<std::string>& names, std::size_t column, ColumnUse use) {
  DataSpec spec = document_.data();
  if (!setUse(spec, names, column, use).ok()) return;  // the menu has said why
  const auto list = uses();
  const auto chosen = std::ranges::find(list, use, &Use::use);
  document_.setData(spec, tr("Change column %1 to %2")
                              .arg(toQString(names[column]), QString(chosen->text).remove('&').toLower()));
}

void RowsView::setLocked(bool locked) {
  locked_ = locked;
}

}  // namespace tandem::ui
