#include "ui/editor/problems_panel.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedLayout>
#include <QTableView>

#include "ui/models/format.h"
#include "ui/models/problems_model.h"

namespace tandem::ui {

ProblemsPanel::ProblemsPanel(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), model_(new ProblemsModel(document, this)) {
  setObjectName("problemsPanel");
  table_ = new QTableView;
  table_->setObjectName("problemsTable");
  table_->setAccessibleName(tr("Problems"));
  table_->setModel(model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setWordWrap(true);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setSectionResizeMode(ProblemsModel::Where, QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setSectionResizeMode(ProblemsModel::Message, QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(ProblemsModel::Repair, QHeaderView::ResizeToContents);
  none_ = new QLabel(tr("No problems. The network can be trained."));
  none_->setObjectName("problemsNone");
  none_->setAlignment(Qt::AlignCenter);

  pages_ = new QStackedLayout(this);  // rather than toggled widgets, so that the panel keeps its height
  pages_->setContentsMargins(0, 0, 0, 0);
  pages_->addWidget(table_);
  pages_->addWidget(none_);

  connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
    const int layer = index.data(ProblemsModel::LayerRole).toInt();
    if (layer != 0) Q_EMIT document_.revealRequested(layer);
  });
  connect(model_, &QAbstractItemModel::modelReset, this, &ProblemsPanel::refresh);
  connect(&document_, &ProjectDocument::dataInfoChanged, this, &ProblemsPanel::refresh);
  refresh();
}

int ProblemsPanel::count() const {
  return model_->rowCount();
}

void ProblemsPanel::refresh() {
  for (int row = 0; row < model_->rowCount(); ++row) {
    const Problem& problem = model_->problem(row);
    if (!problem.fix) continue;
    auto* button = new QPushButton(QString::fromStdString(problem.fix->label));
    button->setObjectName(QStringLiteral("fix_%1").arg(row));
    button->setToolTip(tr("Apply this fix (can be undone)"));
    // Queued: the fix resets the model, which deletes the button.
    connect(
        button, &QPushButton::clicked, this, [this, row] { applyFix(row); }, Qt::QueuedConnection);
    table_->setIndexWidget(model_->index(row, ProblemsModel::Repair), button);
  }
  table_->resizeColumnToContents(ProblemsModel::Repair);
  none_->setText(document_.network().layers().empty() ? tr("The network is empty.")
                 : document_.dataError()
                     ? tr("No problems in the network, but the data cannot be used: see Data.")
                     : tr("No problems. The network can be trained."));
  pages_->setCurrentWidget(count() == 0 ? static_cast<QWidget*>(none_) : table_);
  Q_EMIT countChanged(count());
}

void ProblemsPanel::applyFix(int row) {
  if (row >= model_->rowCount()) return;
  const Problem problem = model_->problem(row);
  const Status status = document_.applyFix(problem);
  if (!status.ok()) Q_EMIT refused(errorText(status.error()));
}

}  // namespace tandem::ui
