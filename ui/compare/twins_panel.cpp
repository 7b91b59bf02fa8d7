#include "ui/compare/twins_panel.h"

#include <QAction>
#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QToolBar>
#include <QVBoxLayout>

#include "ui/models/format.h"

namespace tandem::ui {

QString startedText(const std::string& started) {
  const QDateTime time = QDateTime::fromString(toQString(started), Qt::ISODate);
  return time.isValid() ? QLocale().toString(time.toLocalTime(), "d MMM yyyy HH:mm") : toQString(started);
}

void TwinsModel::setTwins(std::vector<TwinInfo> twins) {
  beginResetModel();
  twins_ = std::move(twins);
  endResetModel();
}

const TwinInfo* TwinsModel::at(int row) const {
  return row >= 0 && row < rowCount() ? &twins_[static_cast<std::size_t>(row)] : nullptr;
}

int TwinsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(twins_.size());
}

int TwinsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant TwinsModel::data(const QModelIndex& index, int role) const {
  const TwinInfo* twin = at(index.row());
  if (twin == nullptr || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) return {};
  switch (index.column()) {
    case Name:
      return role == Qt::ToolTipRole ? toQString(twin->file.string()) : toQString(twin->name);
    case Started:
      return startedText(twin->started);
    case Mode:
      return toQString(nameOf(twin->mode));
    case Sides: {
      QStringList labels;
      for (const std::string& label : twin->sides) labels << toQString(label);
      return labels.join("  |  ");
    }
    default:
      return {};
  }
}

QVariant TwinsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case Name:
      return tr("Name");
    case Started:
      return tr("Started");
    case Mode:
      return tr("Mode");
    case Sides:
      return tr("Sides");
    default:
      return {};
  }
}

TwinsPanel::TwinsPanel(TwinStore store, QWidget* parent) : QWidget(parent), store_(std::move(store)) {
  setObjectName("twinsPanel");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* bar = new QToolBar(this);
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  open_ = bar->addAction(tr("Open"));
  open_->setObjectName("twinOpen");
  open_->setToolTip(tr("Show this twin run (Enter)"));
  delete_ = bar->addAction(tr("Delete…"));
  delete_->setObjectName("twinDelete");
  delete_->setToolTip(tr("Delete the record of this twin run, but not the runs of a race"));
  delete_->setShortcut(QKeySequence::Delete);
  delete_->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  table_ = new QTableView(this);
  table_->setObjectName("twinsTable");
  table_->setAccessibleName(tr("Saved twin runs"));
  table_->setModel(&model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  table_->setContextMenuPolicy(Qt::ActionsContextMenu);
  table_->addActions({open_, delete_});
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setStretchLastSection(true);
  const int em = fontMetrics().horizontalAdvance('m');
  table_->setColumnWidth(TwinsModel::Name, em * 20);
  table_->setColumnWidth(TwinsModel::Started, em * 14);
  auto* empty = new QLabel(tr("No twin runs yet. Each twin run is saved here when it ends."), this);
  empty->setAlignment(Qt::AlignCenter);
  empty->setForegroundRole(QPalette::PlaceholderText);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(empty);
  stack_->addWidget(table_);
  layout->addWidget(bar);
  layout->addWidget(stack_, 1);
  connect(open_, &QAction::triggered, this, &TwinsPanel::openSelected);
  connect(delete_, &QAction::triggered, this, &TwinsPanel::deleteSelected);
  connect(table_, &QTableView::activated, this, &TwinsPanel::openSelected);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &TwinsPanel::updateActions);
  connect(&model_, &QAbstractItemModel::modelReset, this, &TwinsPanel::updateActions);
  updateActions();
}

void TwinsPanel::refresh() {
  pool_.start([this, store = store_, number = ++reading_] {
    auto twins = std::make_shared<std::vector<TwinInfo>>(store.list());
    QMetaObject::invokeMethod(
        this,
        [this, twins, number] {
          if (number != reading_) return;
          model_.setTwins(std::move(*twins));
          stack_->setCurrentIndex(model_.rowCount() > 0 ? 1 : 0);
        },
        Qt::QueuedConnection);
  });
}

std::vector<TwinInfo> TwinsPanel::selected() const {
  std::vector<TwinInfo> twins;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows())
    if (const TwinInfo* twin = model_.at(index.row())) twins.push_back(*twin);
  return twins;
}

void TwinsPanel::updateActions() {
  const std::size_t count = selected().size();
  open_->setEnabled(count == 1);
  delete_->setEnabled(count > 0);
}

void TwinsPanel::openSelected() {
  const std::vector<TwinInfo> twins = selected();
  if (twins.size() == 1) Q_EMIT openRequested(toQString(twins.front().file.string()));
}

void TwinsPanel::deleteSelected() {
  const std::vector<TwinInfo> twins = selected();
  if (twins.empty()) return;
  QMessageBox question(QMessageBox::Warning, tr("Delete twin runs"),
                       twins.size() == 1
                           ? tr("Delete the record of “%1” (%2)?")
                                 .arg(toQString(twins.front().name), startedText(twins.front().started))
                           : tr("Delete the records of %1 twin runs?").arg(twins.size()),
                       QMessageBox::NoButton, this);
  question.setObjectName("deleteTwinsQuestion");
  question.setInformativeText(tr("The files are deleted from the disk. This cannot be undone."));
  QPushButton* confirm = question.addButton(tr("Delete"), QMessageBox::DestructiveRole);
  question.setDefaultButton(question.addButton(QMessageBox::Cancel));
  question.exec();
  if (question.clickedButton() != confirm) return;
  for (const TwinInfo& twin : twins) {
    const Status removed = store_.remove(twin.file);
    if (!removed.ok()) Q_EMIT failed(removed.error());
  }
  refresh();
}

}  // namespace tandem::ui
