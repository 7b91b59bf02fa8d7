#include "ui/evaluate/target_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QSvgGenerator>
#include <QTabWidget>
#include <QTableView>
#include <algorithm>

#include "core/base/file.h"
#include "ui/compare/histogram_plot.h"
#include "ui/evaluate/answers_model.h"
#include "ui/evaluate/evaluation_plot.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/train/matrix_model.h"
#include "ui/train/scores_model.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {
namespace {

constexpr int kThresholdSteps = 100;
constexpr std::size_t kLiveRows = 1'000'000;  // of more, the matrix follows the slider when it is released
constexpr std::size_t kMaxCurves = 8;         // drawn at once

constexpr int kNameEms = 14;  // of the names of classes, which may be whole sentences

int nameWidth(const QWidget* widget) {
  return kNameEms * widget->fontMetrics().horizontalAdvance('m');
}

QString shortName(const QWidget* widget, const std::string& name) {
  return widget->fontMetrics().elidedText(toQString(name).simplified(), Qt::ElideMiddle, nameWidth(widget));
}

QTableView* tableOf(QAbstractItemModel* model, const QString& name, const QString& label) {
  auto* table = new QTableView;
  table->setModel(model);
  table->setObjectName(name);
  table->setAccessibleName(label);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setFrameShape(QFrame::NoFrame);
  table->setShowGrid(false);
  table->setTabKeyNavigation(false);
  table->setWordWrap(false);
  table->setIconSize({AnswersModel::kPicturePixels, AnswersModel::kPicturePixels});
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 6);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  for (QHeaderView* header : {table->horizontalHeader(), table->verticalHeader()})
    header->setResizeContentsPrecision(30);  // rows that are measured
  return table;
}

QTableView* sampleTable(QAbstractItemModel* model, const QString& name, const QString& label) {
  QTableView* table = tableOf(model, name, label);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->verticalHeader()->hide();
  table->horizontalHeader()->setStretchLastSection(true);
  return table;
}

void fitSamples(QTableView* table, const AnswersModel& model) {
  const int text = table->fontMetrics().height() + 6;
  table->verticalHeader()->setDefaultSectionSize(
      model.hasPictures() ? std::max(text, AnswersModel::kPicturePixels + 4) : text);
  table->resizeColumnsToContents();
  for (const int column : {AnswersModel::Given, AnswersModel::Predicted})
    table->setColumnWidth(column, std::min(table->columnWidth(column), nameWidth(table)));
  table->scrollToTop();
}

QLabel* noteLabel(const QString& name) {
  auto* note = new QLabel;
  note->setObjectName(name);
  note->setAlignment(Qt::AlignCenter);
  note->setWordWrap(true);
  note->setMargin(12);
  note->setTextFormat(Qt::PlainText);
  note->setForegroundRole(QPalette::PlaceholderText);
  return note;
}

// Plots as vectors, other pages as they are shown.
void draw(QWidget* page, QCPPainter& painter) {
  QList<QCustomPlot*> plots = page->findChildren<QCustomPlot*>();
  if (auto* plot = qobject_cast<QCustomPlot*>(page)) plots.append(plot);
  if (plots.isEmpty()) page->render(&painter);
  for (QCustomPlot* plot : plots) {
    painter.save();
    painter.translate(plot->mapTo(page, QPoint()));
    plot->toPainter(&painter, plot->width(), plot->height());
    painter.restore();
  }
}

}  // namespace

TargetView::TargetView(QWidget* parent) : QWidget(parent) {
  setObjectName("targetView");
  tabs_ = new QTabWidget;
  tabs_->setObjectName("evaluateTabs");
  tabs_->setDocumentMode(true);
  matrixPage_ = buildMatrix();
  tabs_->addTab(matrixPage_, tr("Matrix"));
  scoresModel_ = new ScoresModel(this);
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(scoresModel_);
  sorted->setSortRole(ScoresModel::kSortRole);
  scores_ = tableOf(sorted, "evaluateScores", tr("Scores of the classes"));
  scores_->setSelectionBehavior(QAbstractItemView::SelectRows);
  scores_->verticalHeader()->hide();
  scores_->setSortingEnabled(true);
  scores_->sortByColumn(ScoresModel::F1, Qt::AscendingOrder);
  tabs_->addTab(scores_, tr("Classes"));
  curvesPage_ = buildCurves();
  tabs_->addTab(curvesPage_, tr("Curves"));
  calibration_ = new EvaluationPlot("evaluateCalibration", tr("Reliability diagram"));
  tabs_->addTab(calibration_, tr("Calibration"));
  values_ = new EvaluationPlot("evaluateValues", tr("Predicted against given values"));
  tabs_->addTab(values_, tr("Predictions"));
  residuals_ = new HistogramPlot(tr("predicted − given"));
  residuals_->setObjectName("evaluateResiduals");
  tabs_->addTab(residuals_, tr("Residuals"));
  hardestModel_ = new AnswersModel(this);
  hardest_ = sampleTable(hardestModel_, "evaluateHardest", tr("Samples with the largest loss"));
  tabs_->addTab(hardest_, tr("Hardest samples"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(tabs_);
  connect(&Theme::instance(), &Theme::changed, matrix_->viewport(), qOverload<>(&QWidget::update));
}

QWidget* TargetView::buildMatrix() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(6, 4, 6, 4);
  auto* bar = new QHBoxLayout;
  unit_ = new QComboBox;
  describe(unit_, "evaluateUnit", tr("Cells show"), tr("What the cells of the matrix show"));
  unit_->addItems({tr("Samples"), tr("% of true class"), tr("% of predictions")});
  bar->addWidget(unit_);
  thresholdBar_ = new QWidget;
  auto* handle = new QHBoxLayout(thresholdBar_);
  handle->setContentsMargins(0, 0, 0, 0);
  thresholdText_ = new QLabel;
  thresholdText_->setObjectName("evaluateThresholdText");
  thresholdText_->setTextFormat(Qt::PlainText);
  threshold_ = new QSlider(Qt::Horizontal);
  describe(threshold_, "evaluateThreshold", tr("Threshold"),
           tr("The second class is predicted where its probability is above the threshold"));
  threshold_->setRange(0, kThresholdSteps);
  threshold_->setPageStep(kThresholdSteps / 10);
  handle->addWidget(threshold_, 1);
  handle->addWidget(thresholdText_);
  bar->addWidget(thresholdBar_, 1);
  bar->addStretch();
  column->addLayout(bar);
  matrixModel_ = new MatrixModel(this);
  matrix_ = tableOf(
      matrixModel_, "evaluateMatrix",
      tr("Confusion matrix: rows are true, columns predicted classes. Enter lists the samples of a cell"));
  matrix_->verticalHeader()->setMaximumWidth(nameWidth(matrix_));
  matrix_->horizontalHeader()->setMaximumSectionSize(nameWidth(matrix_));
  for (QHeaderView* header : {matrix_->horizontalHeader(), matrix_->verticalHeader()})
    header->setTextElideMode(Qt::ElideMiddle);
  cellModel_ = new AnswersModel(this);
  cell_ = sampleTable(cellModel_, "evaluateCell", tr("Samples of the chosen cell"));
  cellText_ = new QLabel;
  cellText_->setObjectName("evaluateCellText");
  cellText_->setWordWrap(true);
  cellText_->setTextFormat(Qt::PlainText);
  auto* side = new QWidget;
  auto* list = new QVBoxLayout(side);
  list->setContentsMargins(6, 0, 0, 0);
  list->addWidget(cellText_);
  list->addWidget(cell_, 1);
  matrixSplitter_ = new QSplitter(Qt::Horizontal);
  matrixSplitter_->setChildrenCollapsible(false);
  matrixSplitter_->addWidget(matrix_);
  matrixSplitter_->addWidget(side);
  matrixSplitter_->setSizes({1000, 1000});
  column->addWidget(matrixSplitter_, 1);
  matrixNote_ = noteLabel("evaluateMatrixNote");
  column->addWidget(matrixNote_, 1);
  connect(unit_, &QComboBox::currentIndexChanged, this,
          [this](int index) { matrixModel_->setUnit(static_cast<MatrixUnit>(index)); });
  connect(threshold_, &QSlider::valueChanged, this, &TargetView::showThreshold);
  connect(matrix_, &QTableView::clicked, this, &TargetView::showCell);
  connect(matrix_, &QTableView::activated, this, &TargetView::showCell);  // Enter
  return page;
}

QWidget* TargetView::buildCurves() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(6, 4, 6, 4);
  roc_ = new EvaluationPlot("evaluateRoc", tr("ROC curves"));
  precisionRecall_ = new EvaluationPlot("evaluatePrecisionRecall", tr("Precision-recall curves"));
  auto* plots = new QHBoxLayout;
  plots->addWidget(roc_, 1);
  plots->addWidget(precisionRecall_, 1);
  column->addLayout(plots, 1);
  curvesNote_ = noteLabel("evaluateCurvesNote");
  column->addWidget(curvesNote_);
  return page;
}

void TargetView::showTarget(std::shared_ptr<const ModelEvaluation> evaluation, std::size_t target) {
  evaluation_ = std::move(evaluation);
  target_ = target;
  const bool classes = answers().ofClasses;
  for (QWidget* page :
       {matrixPage_, static_cast<QWidget*>(scores_), curvesPage_, static_cast<QWidget*>(calibration_)})
    tabs_->setTabVisible(tabs_->indexOf(page), classes);
  for (QWidget* page : {static_cast<QWidget*>(values_), static_cast<QWidget*>(residuals_)})
    tabs_->setTabVisible(tabs_->indexOf(page), !classes);
  hardestModel_->setSamples(evaluation_, target_, analysis().hardest);
  fitSamples(hardest_, *hardestModel_);
  classes ? showClasses() : showValues();
}

void TargetView::showClasses() {
  const ClassAnswers& own = answers().classes;
  const bool drawn = !analysis().counts.empty();
  matrixSplitter_->setVisible(drawn);
  unit_->setVisible(drawn);
  matrixNote_->setVisible(!drawn);
  matrixNote_->setText(tr("A matrix of %1 classes is too large to show. See the hardest samples.")
                           .arg(wholeCountText(std::ssize(own.classes))));
  tabs_->setTabVisible(tabs_->indexOf(scores_), drawn);
  thresholdBar_->setVisible(drawn && own.classes.size() == 2);
  threshold_->setTracking(own.rows() <= kLiveRows);
  scoresModel_->setIouShown(own.perSample > 1);
  row_ = column_ = -1;
  {
    const QSignalBlocker blocker(threshold_);
    threshold_->setValue(kThresholdSteps / 2);
  }
  calibration_->showReliability(analysis().calibration);
  showThreshold();
  matrix_->resizeColumnsToContents();
  scores_->resizeColumnsToContents();
  showCurves();
}

void TargetView::showValues() {
  values_->showValues(answers().values);
  residuals_->setEntries({{0, analysis().residuals}});
}

// The classes that are told apart worst, if there are too many.
void TargetView::showCurves() {
  const std::vector<std::string>& classes = answers().classes.classes;
  const TargetAnalysis& own = analysis();
  std::vector<std::size_t> shown;
  for (std::size_t of = 0; of < own.roc.size(); ++of)
    if (!own.roc[of].points.empty() && (classes.size() != 2 || of == 1)) shown.push_back(of);
  const std::size_t all = shown.size();
  std::ranges::stable_sort(shown, {}, [&](std::size_t of) { return own.roc[of].area; });
  shown.resize(std::min(all, kMaxCurves));
  const auto named = [&](const std::vector<ScoreCurve>& curves, const QString& area) {
    std::vector<EvaluationPlot::Named> result;
    for (const std::size_t of : shown)
      result.push_back(
          {QString("%1: %2 %3")
               .arg(shortName(roc_, classes[of]), area, QString::number(curves[of].area, 'f', 3)),
           curves[of]});
    return result;
  };
  roc_->showCurves(tr("false positive rate"), tr("true positive rate"), named(own.roc, tr("AUC")), true);
  precisionRecall_->showCurves(tr("recall"), tr("precision"), named(own.precisionRecall, tr("AP")), false);
  QString note;
  if (own.roc.empty())
    note = tr("There are no curves for more than %1 classes.").arg(kMaxCurveClasses);
  else if (all == 0)
    note = tr("The samples are all of one class. Curves need samples of the class and of others.");
  else if (all > shown.size())
    note = tr("The %1 classes with the smallest AUC are shown.").arg(shown.size());
  curvesNote_->setText(note);
  curvesNote_->setVisible(!note.isEmpty());
}

void TargetView::showThreshold() {
  if (!evaluation_ || !answers().ofClasses) return;
  if (analysis().counts.empty()) {  // too many classes for a matrix
    predicted_.clear();
    counts_.clear();
    cellModel_->setSamples(evaluation_, target_, {});
    for (EvaluationPlot* plot : {roc_, precisionRecall_}) plot->setThreshold(std::nullopt);
    return;
  }
  const ClassAnswers& own = answers().classes;
  const bool usual = threshold_->value() == kThresholdSteps / 2;
  const double threshold = static_cast<double>(threshold_->value()) / kThresholdSteps;
  predicted_ = usual ? own.predicted : predictedAt(own, threshold);
  counts_ = usual ? analysis().counts : countsOf(own, predicted_);
  const bool two = own.classes.size() == 2;
  if (two)
    thresholdText_->setText(
        tr("%1 above %2")
            .arg(shortName(thresholdText_, own.classes[1]), QLocale().toString(threshold, 'f', 2)));
  matrixModel_->setMatrix(own.classes, counts_);
  scoresModel_->setScores(classScores(own.classes, counts_));
  for (EvaluationPlot* plot : {roc_, precisionRecall_})
    plot->setThreshold(two ? std::optional(threshold) : std::nullopt);
  listCell();
}

void TargetView::showCell(const QModelIndex& cell) {
  row_ = cell.row();
  column_ = cell.column();
  listCell();
}

void TargetView::listCell() {
  const std::vector<std::string>& classes = answers().classes.classes;
  if (row_ < 0) {
    cellModel_->setSamples(evaluation_, target_, {});
    cellText_->setText(tr("Click a cell of the matrix, or press Enter on it, to list its samples."));
    return;
  }
  std::vector<RankedAnswer> samples = cellAnswers(answers().classes, predicted_, row_, column_);
  const auto name = [&](int of) { return shortName(cellText_, classes[static_cast<std::size_t>(of)]); };
  cellText_->setText(samples.size() == 1
                         ? tr("1 sample of %1 predicted as %2").arg(name(row_), name(column_))
                         : tr("%1 samples of %2 predicted as %3")
                               .arg(wholeCountText(std::ssize(samples)), name(row_), name(column_)));
  cellModel_->setSamples(evaluation_, target_, std::move(samples));
  fitSamples(cell_, *cellModel_);
}

QString TargetView::tabName() const {
  return tabs_->tabText(tabs_->currentIndex());
}

Status TargetView::saveTable(const QString& path) const {
  if (!evaluation_) return invalid("there is nothing to save", {}, "Evaluate the model first");
  const QWidget* const page = tabs_->currentWidget();
  const TargetAnswers& own = answers();
  std::string csv;
  if (page == matrixPage_ && counts_.empty())
    return invalid("the matrix is too large to save", {}, "Save the hardest samples instead");
  if (page == matrixPage_)
    csv = matrixCsv(own.classes.classes, counts_);
  else if (page == scores_)
    csv = scoresCsv(classScores(own.classes.classes, counts_));
  else if (page == curvesPage_)
    csv = curvesCsv(own.classes.classes, analysis());
  else if (page == calibration_)
    csv = reliabilityCsv(analysis().calibration);
  else if (own.ofClasses)
    csv = samplesCsv(own.classes, analysis().hardest);
  else
    csv = samplesCsv(own.values, analysis().hardest);
  return writeFileAtomically(path.toStdString(), csv);
}

Status TargetView::savePicture(const QString& path) {
  QWidget* const page = tabs_->currentWidget();
  bool saved = true;
  if (path.endsWith(".svg", Qt::CaseInsensitive)) {
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(page->size());
    generator.setViewBox(page->rect());
    QCPPainter painter;
    saved = painter.begin(&generator);
    if (saved) draw(page, painter);
    saved = saved && painter.end();
  } else {
    saved = page->grab().save(path, "PNG");
  }
  if (saved) return success();
  return Error{ErrorCode::Io, "the image could not be written", path.toStdString(), "Choose another folder"};
}

}  // namespace tandem::ui
