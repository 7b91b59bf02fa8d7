#include "ui/train/classes_view.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <algorithm>

#include "core/text/spaced.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/train/matrix_model.h"
#include "ui/train/scores_model.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kNameEms = 10;  // the most for the name of a class
constexpr int kCellMargin = 14;

QTableView* tableOf(QAbstractItemModel* model, const QString& name, const QString& label) {
  auto* table = new QTableView;
  table->setModel(model);
  table->setObjectName(name);
  table->setAccessibleName(label);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setFrameShape(QFrame::NoFrame);
  table->setShowGrid(false);
  table->setTabKeyNavigation(false);
  table->setWordWrap(false);
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 6);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  for (QHeaderView* header : {table->horizontalHeader(), table->verticalHeader()})
    header->setSectionResizeMode(QHeaderView::Fixed);
  return table;
}

// Where an epoch is in the list, or the last one before it: long runs drop some.
int positionOf(const std::vector<EpochCounts>& all, const ShownEpoch& shown) {
  int position = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (shown.test ? all[i].test : !all[i].test && all[i].epoch <= shown.epoch)
      position = static_cast<int>(i);
  return position;
}

}  // namespace

ClassesView::ClassesView(QWidget* parent) : QWidget(parent) {
  setObjectName("classesView");
  matrixModel_ = new MatrixModel(this);
  scoresModel_ = new ScoresModel(this);
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(scoresModel_);
  sorted->setSortRole(ScoresModel::kSortRole);
  matrix_ = tableOf(matrixModel_, "confusionMatrix",
                    tr("Confusion matrix: rows are true, columns predicted classes"));
  scores_ = tableOf(sorted, "classScores", tr("Scores of the classes"));
  scores_->verticalHeader()->hide();
  scores_->setSelectionBehavior(QAbstractItemView::SelectRows);
  scores_->setSortingEnabled(true);
  scores_->sortByColumn(ScoresModel::F1, Qt::AscendingOrder);
  scores_->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);

  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(6, 4, 6, 4);
  column->setSpacing(4);
  auto* bar = new QHBoxLayout;
  buildBar(bar);
  column->addLayout(bar);
  auto* splitter = new QSplitter(Qt::Horizontal);
  splitter->setObjectName("classesSplitter");
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(1);
  splitter->addWidget(matrix_);
  splitter->addWidget(scores_);
  splitter->setSizes({1400, 1000});
  column->addWidget(splitter, 1);

  auto* empty = new QLabel(tr(
      "No confusion matrix. The first one appears after the first epoch, if the network classifies up to 256 classes, "
      "the metric <b>Confusion matrix</b> is chosen, and there is validation data."));
  empty->setObjectName("classesEmpty");
  empty->setAlignment(Qt::AlignCenter);
  empty->setWordWrap(true);
  empty->setMargin(12);
  empty->setForegroundRole(QPalette::PlaceholderText);
  stack_ = new QStackedWidget;
  stack_->addWidget(empty);
  stack_->addWidget(page);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(stack_);
  matrix_->viewport()->installEventFilter(this);
  connect(&Theme::instance(), &Theme::changed, matrix_->viewport(), qOverload<>(&QWidget::update));
}

void ClassesView::buildBar(QHBoxLayout* bar) {
  const auto box = [&](const char* name, const QString& label, const QString& tip) {
    auto* choice = new QComboBox;
    describe(choice, name, label, tip);
    choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    bar->addWidget(choice);
    return choice;
  };
  runBox_ = box("classesRun", tr("Run"), tr("The run whose classes are shown"));
  matrixBox_ = box("classesMatrix", tr("Output"), tr("The output of the network whose classes are shown"));
  epoch_ = new QSlider(Qt::Horizontal);
  describe(epoch_, "classesEpoch", tr("Epoch"), tr("Earlier epochs, and the test set at the end"));
  epoch_->setPageStep(1);
  epoch_->setFixedWidth(fontMetrics().horizontalAdvance('m') * 14);
  bar->addWidget(epoch_);
  caption_ = new QLabel;
  caption_->setObjectName("classesCaption");
  bar->addWidget(caption_, 1);
  unitBox_ = box("classesUnit", tr("Cells show"), tr("What the cells of the matrix show"));
  unitBox_->addItems({tr("Samples"), tr("% of true class"), tr("% of predictions")});
  connect(unitBox_, &QComboBox::currentIndexChanged, this,
          [this](int index) { matrixModel_->setUnit(static_cast<MatrixUnit>(index)); });
  connect(runBox_, &QComboBox::currentIndexChanged, this, [this] {
    rebuildChoices();
    show(true);
  });
  connect(matrixBox_, &QComboBox::currentIndexChanged, this, [this] { show(false); });
  connect(epoch_, &QSlider::valueChanged, this, [this](int position) {
    const RunSeries* const series = run();
    if (series && position < static_cast<int>(series->counts().size()))
      showCounts(*series, series->counts()[static_cast<std::size_t>(position)]);
  });
}

const RunSeries* ClassesView::run() const {
  const int index = runBox_->currentData().toInt();
  if (runBox_->count() == 0 || index >= static_cast<int>(runs_.size())) return nullptr;
  return runs_[static_cast<std::size_t>(index)].series.get();
}

void ClassesView::setRuns(std::vector<DrawnRun> runs) {
  const RunSeries* const before = run();
  runs_ = std::move(runs);
  {
    const QSignalBlocker blocker(runBox_);
    runBox_->clear();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (runs_[i].series->matrices().empty()) continue;
      runBox_->addItem(runs_[i].label, static_cast<int>(i));
      if (runs_[i].series.get() == before) runBox_->setCurrentIndex(runBox_->count() - 1);
    }
  }
  runBox_->setVisible(runBox_->count() > 1);
  if (run() != before) known_ = 0;
  rebuildChoices();
  stale_ = true;
  refresh();
}

void ClassesView::rebuildChoices() {
  const QSignalBlocker blocker(matrixBox_);
  const QString before = matrixBox_->currentText();
  matrixBox_->clear();
  if (const RunSeries* const series = run())
    for (const ReportMatrix& matrix : series->matrices())
      matrixBox_->addItem(toQString(spacedReport(matrix.name)));
  matrixBox_->setCurrentIndex(std::max(0, matrixBox_->findText(before)));
  matrixBox_->setVisible(matrixBox_->count() > 1);
}

void ClassesView::refresh() {
  const RunSeries* const series = run();
  const std::size_t epochs = series ? series->counts().size() : 0;
  if (!stale_ && epochs == known_) return;
  if (!isVisible()) {
    stale_ = true;
    return;
  }
  // A slider that the user has moved back stays at its epoch.
  show(known_ == 0 || epoch_->value() == epoch_->maximum());
}

bool ClassesView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) fitColumns();
  return QWidget::eventFilter(watched, event);
}

void ClassesView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (stale_) refresh();
}

void ClassesView::show(bool latest) {
  const RunSeries* const series = run();
  const bool any = series && !series->counts().empty() && matrixBox_->currentIndex() >= 0;
  stack_->setCurrentIndex(any ? 1 : 0);
  known_ = series ? series->counts().size() : 0;
  stale_ = false;
  if (!any) return;
  const std::vector<EpochCounts>& all = series->counts();
  {
    const QSignalBlocker blocker(epoch_);
    epoch_->setRange(0, static_cast<int>(all.size()) - 1);
    epoch_->setValue(latest ? epoch_->maximum() : positionOf(all, shown_));
  }
  epoch_->setEnabled(all.size() > 1);
  showCounts(*series, all[static_cast<std::size_t>(epoch_->value())]);
}

void ClassesView::showCounts(const RunSeries& series, const EpochCounts& shown) {
  shown_ = {shown.epoch, shown.test};
  const auto index = static_cast<std::size_t>(matrixBox_->currentIndex());
  const ReportMatrix& matrix = series.matrices()[index];
  caption_->setText(shown.test ? tr("Test set, epoch %1").arg(shown.epoch)
                               : tr("Validation set, epoch %1").arg(shown.epoch));
  const ClassCounts& counts = shown.counts[index];
  matrixModel_->setMatrix(matrix.classes, counts);
  scoresModel_->setScores(classScores(matrix.classes, counts));
  const QFontMetrics metrics = fontMetrics();
  const int em = metrics.horizontalAdvance('m');
  int rows = 0;
  columnWidth_ = 0;
  for (const std::string& name : matrix.classes) {
    const int own = metrics.horizontalAdvance(toQString(name));
    columnWidth_ = std::max(columnWidth_, std::min(own, kNameEms * em) + kCellMargin);
    rows = std::max(rows, std::min(own, kNameEms * em));
  }
  countWidth_ = std::max(metrics.horizontalAdvance(wholeCountText(std::ranges::max(counts))),
                         metrics.horizontalAdvance("100.0")) +
                kCellMargin;
  matrix_->verticalHeader()->setFixedWidth(rows + kCellMargin);
  for (int column = ScoresModel::Samples; column < scoresModel_->columnCount(); ++column) {
    const QString title = scoresModel_->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    scores_->setColumnWidth(column,
                            std::max(metrics.horizontalAdvance(title) + em,  // for the arrow of the order
                                     metrics.horizontalAdvance("0.000")) +
                                kCellMargin);
  }
  scores_->setColumnWidth(ScoresModel::Class, rows + kCellMargin);
  fitColumns();
}

// The whole matrix is visible if the counts have room; names are shortened for that.
void ClassesView::fitColumns() {
  const int columns = matrixModel_->columnCount();
  if (columns == 0) return;
  const int room = matrix_->viewport()->width() / columns;
  // The beginning of a name says more than its middle.
  matrix_->horizontalHeader()->setDefaultAlignment(Qt::AlignVCenter |
                                                   (room < columnWidth_ ? Qt::AlignLeft : Qt::AlignHCenter));
  matrix_->horizontalHeader()->setDefaultSectionSize(
      std::clamp(room, countWidth_, std::max(countWidth_, columnWidth_)));
}

}  // namespace tandem::ui
