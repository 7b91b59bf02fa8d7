#include "ui/runs/runs_panel.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolBar>
#include <QVBoxLayout>
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {

std::filesystem::path weightsOf(const RunSummary& run) {
  std::error_code ignored;
  // A run that was killed never told the record where its checkpoint is.
  for (const std::filesystem::path& file : {run.weights, run.folder / "checkpoint.h5"}) {
    if (!file.empty() && std::filesystem::exists(file, ignored)) return file;
  }
  return {};
}

QString resumeRefusal(const RunSummary& run) {
  if (run.state == "running") return RunsPanel::tr("The run is still going.");
  if (run.state == "finished") return RunsPanel::tr("The run reached its end.");
  if (weightsOf(run).empty()) return RunsPanel::tr("The run has no checkpoint.");
  return {};
}

RunsPanel::RunsPanel(RunStore& store, QWidget* parent) : QWidget(parent), store_(store), model_(store) {
  setObjectName("runsPanel");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* bar = new QToolBar(this);
  bar->setObjectName("runsToolBar");
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  const auto action = [&](const QString& text, const QString& name, const QString& tip) {
    QAction* made = bar->addAction(text);
    made->setObjectName(name);
    made->setToolTip(tip);
    return made;
  };
  resume_ = action(tr("Resume"), "runResume", {});
  export_ = action(tr("Export…"), "runExport", tr("Write the weights of this run as a Keras model file"));
  open_ = action(tr("Open"), "runOpen", tr("Open the project as this run trained it"));
  rename_ = action(tr("Rename"), "runRename", tr("Rename the run (F2)"));
  delete_ = action(tr("Delete…"), "runDelete", tr("Delete the run and its checkpoints"));
  delete_->setShortcut(QKeySequence::Delete);
  delete_->setShortcutContext(Qt::WidgetWithChildrenShortcut);

  table_ = new QTableView(this);
  table_->setObjectName("runsTable");
  sorted_ = new QSortFilterProxyModel(this);
  sorted_->setSourceModel(&model_);
  sorted_->setSortRole(RunsModel::kSortRole);
  sorted_->setSortLocaleAware(true);
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::Started, Qt::DescendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setTextElideMode(Qt::ElideMiddle);  // the end of a name tells runs of one project apart
  table_->setTabKeyNavigation(false);
  table_->setContextMenuPolicy(Qt::ActionsContextMenu);
  table_->addActions({resume_, export_, open_, rename_, delete_});
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  table_->horizontalHeader()->setHighlightSections(false);
  const int em = fontMetrics().horizontalAdvance('m');
  const int widths[RunsModel::ColumnCount] = {11, 7, 5, 7, 6, 6, 10, 12};  // in ems
  for (int column = 0; column < RunsModel::ColumnCount; ++column) {
    table_->setColumnWidth(column, widths[column] * em);
  }
  table_->horizontalHeader()->setStretchLastSection(true);

  auto* empty = new QLabel(
      tr("No runs yet. Each training is recorded here, with its settings, curves and weights."), this);
  empty->setObjectName("runsEmpty");
  empty->setAlignment(Qt::AlignCenter);
  empty->setWordWrap(true);
  empty->setMargin(12);
  empty->setForegroundRole(QPalette::PlaceholderText);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(empty);
  stack_->addWidget(table_);
  layout->addWidget(bar);
  layout->addWidget(stack_, 1);

  connect(&model_, &RunsModel::failed, this, &RunsPanel::failed);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPanel::updateActions);
  connect(&model_, &QAbstractItemModel::dataChanged, this, &RunsPanel::updateActions);
  connect(resume_, &QAction::triggered, this, [this] {
    if (const auto run = selected()) Q_EMIT resumeRequested(*run);
  });
  connect(export_, &QAction::triggered, this, [this] {
    if (const auto run = selected()) Q_EMIT exportRequested(*run);
  });
  connect(open_, &QAction::triggered, this, [this] {
    if (const auto run = selected()) Q_EMIT openRequested(*run);
  });
  connect(rename_, &QAction::triggered, this, [this] {
    if (const auto run = selected()) {
      table_->edit(sorted_->mapFromSource(model_.index(model_.rowOf(run->id), RunsModel::Name)));
    }
  });
  connect(delete_, &QAction::triggered, this, &RunsPanel::deleteSelected);
  connect(&Theme::instance(), &Theme::changed, table_->viewport(), qOverload<>(&QWidget::update));
  updateActions();
}

void RunsPanel::refresh() {
  const Status read = model_.refresh();
  if (!read.ok()) Q_EMIT failed(read.error());
  stack_->setCurrentIndex(model_.rowCount() > 0 ? 1 : 0);
  updateActions();
}

void RunsPanel::setLiveRun(std::int64_t id) {
  model_.setLiveRun(id);
}

void RunsPanel::setTrainingRun(std::int64_t id) {
  training_ = id;
  updateActions();
}

std::optional<RunSummary> RunsPanel::selected() const {
  const std::vector<RunSummary> runs = allSelected();
  return runs.size() == 1 ? std::optional<RunSummary>(runs.front()) : std::nullopt;
}

std::vector<RunSummary> RunsPanel::allSelected() const {
  std::vector<RunSummary> runs;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows()) {
    if (const RunSummary* run = model_.runAt(sorted_->mapToSource(index).row())) runs.push_back(*run);
  }
  return runs;
}

void RunsPanel::updateActions() {
  const auto run = selected();
  const QString refusal = run ? resumeRefusal(*run) : tr("Select one run.");
  resume_->setEnabled(run && refusal.isEmpty() && training_ == 0);
  resume_->setToolTip(training_ != 0      ? tr("Another run is training.")
                      : refusal.isEmpty() ? tr("Go on from the last checkpoint")
                                          : refusal);
  export_->setEnabled(run && !weightsOf(*run).empty());
  open_->setEnabled(run.has_value());
  rename_->setEnabled(run.has_value());
  const std::vector<RunSummary> all = allSelected();
  delete_->setEnabled(!all.empty() && std::none_of(all.begin(), all.end(), [this](const RunSummary& each) {
    return each.id == training_ || each.state == "running";
  }));
}

void RunsPanel::deleteSelected() {
  const std::vector<RunSummary> runs = allSelected();
  if (runs.empty()) return;
  QMessageBox question(QMessageBox::Warning, tr("Delete runs"),
                       runs.size() == 1 ? tr("Delete the run “%1”?").arg(toQString(runs.front().name))
                                        : tr("Delete %1 runs?").arg(runs.size()),
                       QMessageBox::NoButton, this);
  question.setObjectName("deleteRunsQuestion");
  question.setInformativeText(tr("Curves, checkpoints and weights are deleted from the disk. "));
  QPushButton* confirm = question.addButton(tr("Delete"), QMessageBox::DestructiveRole);
  question.setDefaultButton(question.addButton(QMessageBox::Cancel));
  question.exec();
  if (question.clickedButton() != confirm) return;
  for (const RunSummary& run : runs) {
    const Status removed = store_.remove(run.id);
    if (!removed.ok()) Q_EMIT failed(removed.error());
  }
  refresh();
}

}  // namespace tandem::ui
