#include "ui/runs/runs_panel.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "ui/models/format.h"
#include "ui/runs/notes_delegate.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {
constexpr int kNameEms = 18;  // fits a typical name with its check box
}

std::filesystem::path weightsOf(const RunSummary& run) {
  std::error_code ignored;
  // A run that was killed has not recorded the path of its checkpoint.
  for (const std::filesystem::path& file : {run.weights, run.folder / Trainer::kCheckpointName}) {
    if (!file.empty() && std::filesystem::exists(file, ignored)) return file;
  }
  return {};
}

QString resumeRefusal(const RunSummary& run) {
  if (run.state == RunState::Running) return RunsPanel::tr("The run is still in progress.");
  if (run.state == RunState::Finished) return RunsPanel::tr("The run is complete.");
  if (weightsOf(run).empty()) return RunsPanel::tr("The run has no checkpoint.");
  return {};
}

RunsPanel::RunsPanel(RunStore& store, QWidget* parent)
    : QWidget(parent), store_(store), model_(store), filter_(model_), verifier_(store) {
  setObjectName("runsPanel");
  setAcceptDrops(true);
  buildTable();
  buildActions();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* bar = new QToolBar(this);
  bar->setObjectName("runsToolBar");
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  bar->addActions({compare_, resume_, open_, verify_, delete_, report_, import_});
  if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(resume_))) {
    button->setMenu(resumeOn_);
    button->setPopupMode(QToolButton::MenuButtonPopup);
  }
  emptyLabel_ = new QLabel(this);
  emptyLabel_->setObjectName("runsEmpty");
  emptyLabel_->setAlignment(Qt::AlignCenter);
  emptyLabel_->setWordWrap(true);
  emptyLabel_->setMargin(12);
  emptyLabel_->setForegroundRole(QPalette::PlaceholderText);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(emptyLabel_);
  stack_->addWidget(table_);
  layout->addWidget(bar);
  layout->addLayout(buildSearch());
  layout->addWidget(stack_, 1);
  layout->addLayout(buildProgress());
  verdict_ = new MessageBar(this);
  verdict_->setObjectName("runsVerdict");
  notice_ = new MessageBar(this);
  notice_->setObjectName("runsNotice");
  layout->addWidget(verdict_);
  layout->addWidget(notice_);

  connect(&model_, &RunsModel::failed, this, &RunsPanel::failed);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    updateActions();
    Q_EMIT selectionChanged();
  });
  connect(&model_, &QAbstractItemModel::rowsRemoved, this, [this] {
    for (MessageBar* message : {notice_, verdict_})
      if (message->run() != 0 && model_.rowOf(message->run()) < 0) message->hide();
  });
  connect(&model_, &QAbstractItemModel::dataChanged, this, &RunsPanel::updateActions);
  connect(&Theme::instance(), &Theme::changed, table_->viewport(), qOverload<>(&QWidget::update));
  updateActions();
}

void RunsPanel::buildTable() {
  table_ = new QTableView(this);
  table_->setObjectName("runsTable");
  table_->setModel(&filter_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::Started, Qt::DescendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  table_->setItemDelegateForColumn(RunsModel::Notes, new NotesDelegate(table_));
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setTextElideMode(Qt::ElideMiddle);  // runs of one project differ at the end of their names
  table_->setTabKeyNavigation(false);
  table_->setContextMenuPolicy(Qt::ActionsContextMenu);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);  // avoids measuring rows
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  table_->horizontalHeader()->setHighlightSections(false);
  const int em = fontMetrics().horizontalAdvance('m');
  const int widths[RunsModel::ColumnCount] = {kNameEms, 7, 5, 7, 6, 6, 10, 12, 8, 12};  // in ems
  for (int column = 0; column < RunsModel::ColumnCount; ++column) {
    table_->setColumnWidth(column, widths[column] * em);
  }
  nameWidth_ = table_->columnWidth(RunsModel::Name);
}

// The name column fills the width that the other columns leave.
void RunsPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (table_->columnWidth(RunsModel::Name) != nameWidth_) return;
  const int others = table_->horizontalHeader()->length() - nameWidth_;
  const int bar = table_->verticalScrollBar()->sizeHint().width();
  nameWidth_ = std::max(kNameEms * fontMetrics().horizontalAdvance('m'), width() - others - bar);
  table_->setColumnWidth(RunsModel::Name, nameWidth_);
}

QLayout* RunsPanel::buildSearch() {
  auto* row = new QHBoxLayout;
  row->setContentsMargins(4, 0, 4, 4);
  search_ = new QLineEdit(this);
  describe(search_, "runsSearch", tr("Search runs"),
           tr("Words to find in the name, tags, notes, device or state"));
  search_->setPlaceholderText(tr("Search runs"));
  search_->setClearButtonEnabled(true);
  state_ = new ChoiceBox(this);
  describe(state_, "runsState", tr("State of runs"), tr("Show only runs in this state"));
  state_->addItem(tr("All states"));
  for (int state = 0; state < kRunStates; ++state) {
    RunSummary run;
    run.state = static_cast<RunState>(state);
    state_->addItem(RunsModel::text(run, RunsModel::State), state);
  }
  row->addWidget(search_, 1);
  row->addWidget(state_);
  connect(search_, &QLineEdit::textChanged, this, [this](const QString& words) {
    filter_.setWords(words);
    updateStack();
  });
  connect(state_, &QComboBox::currentIndexChanged, this, [this] {
    const QVariant state = state_->currentData();
    filter_.setState(state.isValid() ? std::optional(static_cast<RunState>(state.toInt())) : std::nullopt);
    updateStack();
  });
  return row;
}

QLayout* RunsPanel::buildProgress() {
  auto* outer = new QHBoxLayout;
  progress_ = new QWidget(this);
  progress_->setObjectName("verifyProgress");
  auto* row = new QHBoxLayout(progress_);
  row->setContentsMargins(10, 4, 6, 4);
  progressText_ = new QLabel(progress_);
  progressText_->setTextFormat(Qt::PlainText);
  progressBar_ = new QProgressBar(progress_);
  auto* cancel = new QPushButton(tr("Cancel"), progress_);
  cancel->setObjectName("verifyCancel");
  row->addWidget(progressText_);
  row->addWidget(progressBar_, 1);
  row->addWidget(cancel);
  progress_->hide();
  outer->addWidget(progress_);
  connect(cancel, &QPushButton::clicked, &verifier_, &RunVerifier::cancel);
  connect(&verifier_, &RunVerifier::progressed, this, [this](qint64 done, qint64 of) {
    // Long runs have more steps than the bar's int range.
    progressBar_->setRange(0, of > 0 ? 1000 : 0);
    if (of > 0)
      progressBar_->setValue(static_cast<int>(1000.0 * static_cast<double>(done) / static_cast<double>(of)));
  });
  connect(&verifier_, &RunVerifier::finished, this, &RunsPanel::showVerdict);
  return outer;
}

void RunsPanel::refresh() {
  const Status read = model_.refresh();
  if (!read.ok()) Q_EMIT failed(read.error());
  auto trash = store_.trash();
  trash_ = trash.ok() ? std::move(trash).value() : std::vector<RunSummary>();
  updateStack();
  updateActions();
}

void RunsPanel::updateStack() {
  emptyLabel_->setText(
      model_.rowCount() > 0
          ? tr("No runs match the filter.")
          : tr("No runs yet. Each run is recorded here with its settings, curves and weights."));
  stack_->setCurrentIndex(filter_.rowCount() > 0 ? 1 : 0);
}

void RunsPanel::setLiveRun(std::int64_t id) {
  model_.setLiveRun(id);
}

void RunsPanel::setTrainingRun(std::int64_t id) {
  training_ = id;
  filter_.setTraining(id);
  updateStack();
  updateActions();
}

std::optional<RunSummary> RunsPanel::selected() const {
  const std::vector<RunSummary> runs = allSelected();
  return runs.size() == 1 ? std::optional<RunSummary>(runs.front()) : std::nullopt;
}

std::vector<RunSummary> RunsPanel::allSelected() const {
  std::vector<RunSummary> runs;
  for (const QModelIndex& index : table_->selectionModel()->selectedRows()) {
    if (const RunSummary* run = model_.runAt(filter_.mapToSource(index).row())) runs.push_back(*run);
  }
  return runs;
}

std::vector<RunSummary> RunsPanel::forReport() const {
  const std::vector<RunSummary> chosen = allSelected();
  std::vector<RunSummary> ticked;
  for (const auto& [id, color] : model_.ticked())
    if (const RunSummary* run = model_.runAt(model_.rowOf(id))) ticked.push_back(*run);
  const auto isTicked = [&](const RunSummary& run) {
    return std::ranges::find(ticked, run.id, &RunSummary::id) != ticked.end();
  };
  const bool useTicked = chosen.empty() || (chosen.size() == 1 && isTicked(chosen.front()));
  return useTicked && !ticked.empty() ? ticked : chosen;
}

void RunsPanel::select(const std::vector<std::int64_t>& ids) {
  QItemSelection rows;
  for (const std::int64_t id : ids) {
    const QModelIndex index = filter_.mapFromSource(model_.index(model_.rowOf(id), RunsModel::Name));
    if (!index.isValid()) continue;
    rows.select(index, index);
    table_->scrollTo(index);
  }
  table_->selectionModel()->select(rows, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

void RunsPanel::updateActions() {
  const auto run = selected();
  const QString refusal = run ? resumeRefusal(*run) : tr("Select one run.");
  const bool training = training_ != 0;
  resume_->setEnabled(run && refusal.isEmpty() && !training);
  resume_->setToolTip(training            ? tr("Another run is in progress.")
                      : refusal.isEmpty() ? tr("Continue from the last checkpoint")
                                          : refusal);
  resumeOn_->setEnabled(resume_->isEnabled());
  verify_->setEnabled(run && run->state != RunState::Running && !training && !verifier_.busy());
  verify_->setToolTip(training ? tr("Another run is in progress.")
                               : tr("Repeat the run and compare its losses with the recorded ones"));
  startFrom_->setEnabled(run && !weightsOf(*run).empty() && !training);
  for (QAction* one : {evaluate_, try_, export_, exportLast_})
    one->setEnabled(run && !weightsOf(*run).empty());
  for (QAction* one : {open_, rename_, tags_, notes_, saveRecord_}) one->setEnabled(run.has_value());
  const std::vector<RunSummary> all = allSelected();
  compare_->setEnabled(!all.empty());
  compare_->setToolTip(all.empty() ? tr("Select runs to overlay their curves; ticked runs are already shown")
                                   : tr("Overlay the curves of the selected runs"));
  const bool reported = !forReport().empty();
  report_->setEnabled(reported);
  report_->setToolTip(reported ? tr("Save a report on the selected or ticked runs as a web page or PDF")
                               : tr("Select or tick the runs to report on"));
  delete_->setEnabled(!all.empty() && std::none_of(all.begin(), all.end(), [this](const RunSummary& each) {
    return each.id == training_ || each.state == RunState::Running;
  }));
  const auto deleted = static_cast<int>(trash_.size());
  restore_->setText(deleted > 1    ? tr("Restore %1 deleted runs").arg(deleted)
                    : deleted == 1 ? tr("Restore 1 deleted run")
                                   : tr("Restore deleted runs"));
  restore_->setEnabled(deleted > 0);
  empty_->setEnabled(deleted > 0);
}

}  // namespace tandem::ui
