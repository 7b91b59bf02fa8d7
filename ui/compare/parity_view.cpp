#include "ui/compare/parity_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTextBrowser>

#include "core/network/repeat.h"
#include "ui/compare/values_view.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

ParityView::ParityView(TwinController& controller, ProjectDocument& document, QWidget* parent)
    : QWidget(parent), controller_(controller), document_(document) {
  setObjectName("parityView");
  buildUi();
  connect(sideBox_, &QComboBox::activated, this, [this] {
    fillComparisons();
    showComparison();
  });
  connect(stepBox_, &QComboBox::activated, this, &ParityView::showComparison);
  connect(divergence_, &QPushButton::clicked, this, &ParityView::jumpToDivergence);
  connect(why_, &QPushButton::clicked, this, &ParityView::askWhy);
  connect(values_, &QPushButton::clicked, this, &ParityView::askValues);
  connect(filter_, &QLineEdit::textChanged, sorted_, &QSortFilterProxyModel::setFilterFixedString);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &ParityView::selectionChanged);
  connect(&controller_, &TwinController::causeFound, this,
          [this](const Cause& cause) { showCause(cause, weightsNote()); });
  connect(&controller_, &TwinController::valuesRead, this, [this](const std::shared_ptr<TensorView>& view) {
    valuesView_->show(view, weightsNote());
    detail_->setCurrentWidget(valuesView_);
  });
  connect(&controller_, &TwinController::askFailed, this,
          [this](const Error& error) { showHint(toQString(error.text())); });
  connect(&document_, &ProjectDocument::networkChanged, this, &ParityView::showMarks);
  connect(&document_, &ProjectDocument::aboutChanged, this, &ParityView::showMarks);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    table_->viewport()->update();
    showMarks();
  });
  setViewModel(nullptr);
}

void ParityView::buildUi() {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 3, 8, 3);
  const auto box = [&](const QString& name, const QString& label, const QString& tip) {
    auto* result = new ChoiceBox(this);
    describe(result, name, label, tip);
    row->addWidget(result);
    return result;
  };
  const auto button = [&](const QString& name, const QString& text, const QString& tip) {
    auto* result = new QPushButton(text, this);
    result->setObjectName(name);
    result->setToolTip(tip);
    result->setAutoDefault(false);
    return result;
  };
  sideBox_ = box("paritySide", tr("Side"), tr("Side to compare with the reference (the first side)"));
  sideBox_->setMinimumContentsLength(24);
  stepBox_ = box("parityStep", tr("Comparison"), tr("When the sides were compared"));
  divergence_ = button("firstDivergence", tr("First divergence"), {});
  row->addWidget(divergence_);
  stepBox_->setMinimumContentsLength(12);
  row->addStretch(1);
  filter_ = new QLineEdit(this);
  describe(filter_, "parityFilter", tr("Filter"), tr("Show only rows that contain this text"));
  filter_->setPlaceholderText(tr("Filter"));
  filter_->setClearButtonEnabled(true);
  filter_->setMaximumWidth(fontMetrics().horizontalAdvance('m') * 12);
  row->addWidget(filter_);
  why_ = button("parityWhy", tr("&Why?"), {});
  values_ = button("parityValues", tr("V&alues"), {});
  row->addWidget(why_);
  row->addWidget(values_);

  facts_ = new QLabel(this);
  facts_->setObjectName("parityFacts");
  facts_->setForegroundRole(QPalette::PlaceholderText);
  facts_->setContentsMargins(8, 0, 8, 3);
  facts_->setWordWrap(true);
  facts_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);

  table_ = new QTableView(this);
  table_->setObjectName("parityTable");
  table_->setAccessibleName(tr("Differences by layer and tensor"));
  sorted_ = new QSortFilterProxyModel(this);
  sorted_->setSourceModel(&model_);
  sorted_->setSortRole(ParityModel::kSortRole);
  sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  sorted_->setFilterKeyColumn(-1);
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(ParityModel::Layer, Qt::AscendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
  table_->horizontalHeader()->setHighlightSections(false);
  const int em = fontMetrics().horizontalAdvance('m');
  const int widths[ParityModel::ColumnCount] = {6, 9, 7, 8, 8, 6, 10};  // in ems
  for (int column = 0; column < ParityModel::ColumnCount; ++column)
    table_->setColumnWidth(column, widths[column] * em);
  table_->horizontalHeader()->setStretchLastSection(true);

  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setObjectName("paritySplitter");
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(1);
  splitter->addWidget(table_);
  splitter->addWidget(buildDetail());
  splitter->setSizes({1200, 1000});
  layout->addLayout(row);
  layout->addWidget(facts_);
  layout->addWidget(splitter, 1);
}

QWidget* ParityView::buildDetail() {
  detail_ = new QStackedWidget(this);
  detail_->setObjectName("parityDetail");
  hint_ = new QLabel(detail_);
  hint_->setObjectName("parityHint");
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setMargin(12);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  cause_ = new QTextBrowser(detail_);
  cause_->setObjectName("causeText");
  cause_->setFrameShape(QFrame::NoFrame);
  valuesView_ = new ValuesView(detail_);
  detail_->addWidget(hint_);
  detail_->addWidget(cause_);
  detail_->addWidget(valuesView_);
  return detail_;
}

void ParityView::setViewModel(std::shared_ptr<TwinViewModel> viewModel) {
  viewModel_ = std::move(viewModel);
  shown_.clear();
  valuesView_->show(nullptr, {});
  fillSides();
  fillComparisons();
  showComparison();
  showHint(viewModel_ == nullptr || viewModel_->record.mode == TwinMode::LockStep
               ? tr("Select a tensor. <b>Why?</b> explains the difference; <b>Values</b> shows the tensor on "
                    "both sides.")
               : tr("A race does not compare tensors. Start a lock-step run to see where the sides differ."));
}

void ParityView::comparisonsChanged() {
  fillComparisons();
  showComparison();
}

std::size_t ParityView::side() const {
  return static_cast<std::size_t>(std::max(0, sideBox_->currentData().toInt()));
}

std::optional<LayerId> ParityView::drawn(const std::string& layer) const {
  return viewModel_ == nullptr ? std::nullopt : viewModel_->drawn(layer, document_.project());
}

void ParityView::fillSides() {
  sideBox_->clear();
  if (viewModel_ == nullptr || viewModel_->record.mode != TwinMode::LockStep) return;
  const auto& sides = viewModel_->record.sides;
  for (std::size_t k = 1; k < sides.size(); ++k)
    sideBox_->addItem(tr("%1 vs. %2").arg(toQString(sides[k].label), toQString(sides[0].label)),
                      static_cast<int>(k));
}

// Keeps the selected comparison, or follows the last one if it was selected.
void ParityView::fillComparisons() {
  const bool last = stepBox_->currentIndex() == stepBox_->count() - 1;
  const QVariant before = stepBox_->currentData();
  const std::size_t comparisons = viewModel_ == nullptr ? 0 : viewModel_->record.parity.size();
  if (stepBox_->count() > static_cast<int>(comparisons) ||
      (comparisons > 0 && stepBox_->count() > 0 &&
       stepBox_->itemData(0).toLongLong() != viewModel_->record.parity[0].step))
    stepBox_->clear();
  for (auto i = static_cast<std::size_t>(stepBox_->count()); i < comparisons; ++i) {
    const auto step = static_cast<qlonglong>(viewModel_->record.parity[i].step);
    stepBox_->addItem(tr("before step %1").arg(locale().toString(step)), step);
  }
  const int known = stepBox_->findData(before);
  stepBox_->setCurrentIndex(last || known < 0 ? stepBox_->count() - 1 : known);
}

void ParityView::showComparison() {
  std::shared_ptr<const SideParity> parity;
  const int chosen = stepBox_->currentIndex();
  if (viewModel_ != nullptr && chosen >= 0)
    if (const SideParity* found =
            parityOf(viewModel_->record.parity[static_cast<std::size_t>(chosen)], side()))
      parity = std::make_shared<SideParity>(*found);
  model_.setParity(parity);
  QString facts;
  if (parity != nullptr) {
    const auto beyond = std::ranges::count_if(parity->tensors, &TensorParity::beyondRounding);
    facts = tr("With identical weights, %1 of %2 tensors differ beyond rounding (relative tolerance %3). The "
               "sides' own weights differ by %4.")
                .arg(beyond)
                .arg(parity->tensors.size())
                .arg(differenceText(parity->tolerance), differenceText(parity->weightDrift));
  }
  facts_->setText(facts);
  facts_->setVisible(!facts.isEmpty());
  updateActions();
  showMarks();
}

void ParityView::showMarks() {
  std::map<LayerId, NodeMark> marks;
  const auto& parity = model_.parity();
  if (isVisible() && parity != nullptr) {
    for (const auto& [name, index] : worstByLayer(*parity)) {
      const auto layer = drawn(name);
      if (!layer) continue;
      const TensorParity& tensor = parity->tensors[index];
      const Severity severity = severityOf(tensor, parity->tolerance);
      const QString sign = severity == Severity::Equal ? "=" : severity == Severity::Beyond ? "≠ %1" : "≈ %1";
      const QString text = sign.contains('%') ? sign.arg(differenceText(tensor.difference.relative)) : sign;
      // The copies of a repeated block share a drawn layer, which shows the largest difference.
      const auto known = marks.find(*layer);
      if (known == marks.end() || colorOf(severity) == Theme::instance().colors().error)
        marks[*layer] = {colorOf(severity), text};
    }
  }
  Q_EMIT marksChanged(marks);
}

void ParityView::jumpToDivergence() {
  const auto found =
      viewModel_ == nullptr ? std::nullopt : firstDivergence(viewModel_->record.parity, side());
  if (!found) return;
  filter_->clear();
  stepBox_->setCurrentIndex(static_cast<int>(found->comparison));
  showComparison();
  const QModelIndex row =
      sorted_->mapFromSource(model_.index(static_cast<int>(found->tensor), ParityModel::Layer));
  table_->setCurrentIndex(row);
  table_->scrollTo(row, QAbstractItemView::PositionAtCenter);
  table_->setFocus();
}

void ParityView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  showMarks();
}

void ParityView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  showMarks();
}

}  // namespace tandem::ui
