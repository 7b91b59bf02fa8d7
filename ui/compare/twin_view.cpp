#include "ui/compare/twin_view.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QTextBrowser>
#include <algorithm>

#include "core/report/twin_report.h"
#include "core/twin/findings.h"
#include "ui/compare/layer_bars.h"
#include "ui/compare/parity_view.h"
#include "ui/compare/race_view.h"
#include "ui/compare/twins_panel.h"
#include "ui/models/format.h"
#include "ui/widgets/ask_file.h"

namespace tandem::ui {
namespace {

constexpr qint64 kFindingsMs = 1000;   // minimum time between two updates during a run
constexpr qint64 kFindingsShare = 50;  // minimum ratio of that time to the duration of an update
constexpr int kFindingsLines = 5;      // visible before they scroll,
constexpr int kFindingsPart = 5;       // or a fifth of the view, whichever is more

}  // namespace

TwinView::TwinView(TwinController& controller, ProjectDocument& document, QWidget* parent)
    : QWidget(parent), controller_(controller) {
  setObjectName("twinView");
  race_ = new RaceView(this);
  parity_ = new ParityView(controller, document, this);
  layers_ = new LayerBars(document, this);
  saved_ = new TwinsPanel(controller.store(), this);
  buildUi();
  connect(&controller_, &TwinController::phaseChanged, this, &TwinView::updateActions);
  connect(&controller_, &TwinController::started, this, &TwinView::showViewModel);
  connect(&controller_, &TwinController::opened, this, &TwinView::showViewModel);
  connect(&controller_, &TwinController::advanced, this, [this] {
    if (!isVisible()) return;
    race_->curvesGrew();
    progress_->setValue(static_cast<int>(controller_.progress() * 1000));
  });
  connect(&controller_, &TwinController::timed, this, [this] {
    if (!isVisible()) return;
    race_->figuresChanged();
    layers_->refresh();
    if (sinceFindings_.elapsed() >= std::max(kFindingsMs, kFindingsShare * findingsMs_)) showFindings();
  });
  connect(&controller_, &TwinController::compared, this, [this] {
    if (isVisible()) parity_->comparisonsChanged();
  });
  connect(&controller_, &TwinController::ended, this, [this] {
    saved_->refresh();
    if (isVisible()) catchUp();
  });
  connect(parity_, &ParityView::marksChanged, this, [this](const Marks& marks) {
    parityMarks_ = marks;
    showMarks();
  });
  connect(layers_, &LayerBars::marksChanged, this, [this](const Marks& marks) {
    timeMarks_ = marks;
    showMarks();
  });
  connect(race_, &RaceView::pictureFailed, this, [this](const QString& path) {
    Q_EMIT failed({ErrorCode::Io, tr("the image could not be written").toStdString(), path.toStdString(),
                   tr("Choose another folder").toStdString()});
  });
  connect(race_, &RaceView::pricesRequested, this, &TwinView::askPrices);
  connect(race_, &RaceView::targetChosen, &controller_, &TwinController::setTarget);
  connect(saved_, &TwinsPanel::openRequested, &controller_, &TwinController::open);
  connect(saved_, &TwinsPanel::failed, this, &TwinView::failed);
  showViewModel();
}

void TwinView::buildUi() {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 4, 8, 4);
  title_ = new QLabel(this);
  title_->setObjectName("twinTitle");
  facts_ = new QLabel(this);
  facts_->setObjectName("twinFacts");
  facts_->setForegroundRole(QPalette::PlaceholderText);
  facts_->setContentsMargins(6, 0, 6, 0);
  facts_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // gives way to the buttons
  progress_ = new QProgressBar(this);
  progress_->setObjectName("twinProgress");
  progress_->setRange(0, 1000);
  progress_->setTextVisible(false);
  progress_->setMaximumHeight(fontMetrics().height());
  progress_->setFixedWidth(fontMetrics().horizontalAdvance('m') * 10);
  row->addWidget(title_);
  row->addWidget(facts_, 1);
  row->addWidget(progress_);
  const auto button = [&](const QString& name, const QString& text, const QString& tip) {
    auto* result = new QPushButton(text, this);
    result->setObjectName(name);
    result->setToolTip(tip);
    result->setAutoDefault(false);
    row->addWidget(result);
    return result;
  };
  pause_ = button("twinPause", tr("Pause"), tr("Pause all sides after their current step"));
  stop_ = button("twinStop", tr("Stop"), tr("Stop all sides and save the results so far"));
  new_ = button("twinNew", tr("New…"), tr("Start another twin run (Ctrl+T)"));
  report_ = button("twinReport", tr("Save report…"), tr("Save all tables and plots as a web page (HTML)"));
  record_ = button("twinRecord", tr("Save record…"),
                   tr("Save the twin run to a file that can be opened on another machine"));
  open_ = button("twinOpenRecord", tr("Open record…"),
                 tr("Open a record saved here or written by tandem twin --record"));
  findings_ = new QTextBrowser(this);
  findings_->setObjectName("twinFindings");
  findings_->setAccessibleName(tr("Findings"));
  findings_->setFrameShape(QFrame::NoFrame);
  findings_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  tabs_ = new QTabWidget(this);
  tabs_->setObjectName("twinTabs");
  tabs_->setDocumentMode(true);
  tabs_->addTab(race_, tr("Ra&ce"));
  tabs_->addTab(parity_, tr("&Parity"));
  tabs_->addTab(layers_, tr("Per &layer"));
  tabs_->addTab(saved_, tr("&Saved twin runs"));
  layout->addLayout(row);
  layout->addWidget(findings_);
  layout->addWidget(tabs_, 1);
  connect(pause_, &QPushButton::clicked, this,
          [this] { controller_.paused() ? controller_.resume() : controller_.pause(); });
  connect(stop_, &QPushButton::clicked, &controller_, &TwinController::stop);
  connect(new_, &QPushButton::clicked, this, &TwinView::newRequested);
  connect(report_, &QPushButton::clicked, this, &TwinView::saveReport);
  connect(record_, &QPushButton::clicked, this, &TwinView::saveRecord);
  connect(open_, &QPushButton::clicked, this, &TwinView::openRecord);
}

void TwinView::showViewModel() {
  viewModel_ = controller_.viewModel();
  findingsHeight_ = 0;
  race_->setViewModel(viewModel_);
  parity_->setViewModel(viewModel_);
  layers_->setViewModel(viewModel_);
  if (viewModel_ != nullptr && tabs_->currentWidget() == saved_)
    tabs_->setCurrentWidget(viewModel_->record.mode == TwinMode::LockStep && !viewModel_->live
                                ? static_cast<QWidget*>(parity_)
                                : race_);
  showFindings();
  updateActions();
}

void TwinView::catchUp() {
  race_->curvesGrew();
  race_->figuresChanged();
  parity_->comparisonsChanged();
  layers_->refresh();
  showFindings();
  updateActions();
}

void TwinView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  saved_->refresh();
  catchUp();
}

void TwinView::showFindings() {
  QElapsedTimer clock;
  clock.start();
  QString html;
  if (viewModel_ != nullptr)
    for (const std::string& sentence : findings(viewModel_->record))
      html += QString("<li>%1</li>").arg(toQString(sentence).toHtmlEscaped());
  const QString list = QString("<ul style='margin:0; -qt-list-indent:1'>%1</ul>").arg(html);
  if (findings_->property("shown").toString() != list) {
    findings_->setProperty("shown", list);
    findings_->setHtml(list);
  }
  findings_->setVisible(!html.isEmpty());
  fitFindings();
  findingsMs_ = clock.elapsed();
  sinceFindings_.start();
}

void TwinView::fitFindings() {
  findings_->document()->setTextWidth(std::max(100, width() - 20));
  const int wanted = static_cast<int>(findings_->document()->size().height()) + 2;
  const int limit = std::max(kFindingsLines * fontMetrics().lineSpacing() + 10, height() / kFindingsPart);
  findingsHeight_ = std::min(std::max(findingsHeight_, wanted), limit);
  findings_->setFixedHeight(findingsHeight_);
}

void TwinView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  findingsHeight_ = 0;
  fitFindings();
}

void TwinView::updateActions() {
  const bool running = controller_.running();
  const bool complete = viewModel_ != nullptr && !viewModel_->live;
  QString facts;
  if (viewModel_ == nullptr) {
    title_->setText(tr("<b>No twin run yet</b>"));
    facts = tr("Compares the same network, seed and batches side by side across devices or settings.");
  } else {
    const TwinRecord& record = viewModel_->record;
    title_->setText(QString("<b>%1</b>").arg(toQString(record.name).toHtmlEscaped()));
    QStringList parts{toQString(nameOf(record.mode)), tr("seed %1").arg(record.seed),
                      tr("batch %1").arg(record.batch)};
    if (controller_.paused() && running) parts.prepend(tr("paused"));
    if (controller_.phase() == TwinController::Phase::Ending) parts.prepend(tr("saving the record…"));
    if (!record.started.empty()) parts << startedText(record.started);
    facts = parts.join(" · ");
  }
  facts_->setText(facts);
  facts_->setToolTip(viewModel_ == nullptr ? QString() : viewModel_->file);
  progress_->setVisible(controller_.busy());
  pause_->setVisible(running);
  pause_->setText(controller_.paused() ? tr("Continue") : tr("Pause"));
  stop_->setVisible(running);
  new_->setEnabled(!controller_.busy());
  report_->setEnabled(complete);
  record_->setEnabled(complete);
  open_->setEnabled(!controller_.busy());
  parity_->updateActions();
}

QString TwinView::askFile(const QString& title, const QString& suffix, const QString& filter) {
  return askSaveFile(this, title, fileName(toQString(viewModel_->record.name) + "-twin"), suffix, filter);
}

// Only one tab is visible, but when tabs change, the order of their signals is unspecified.
void TwinView::showMarks() {
  Q_EMIT marksChanged(parityMarks_.empty() ? timeMarks_ : parityMarks_);
}

void TwinView::askPrices() {
  const TwinRecord& record = viewModel_->record;
  std::map<std::string, double> priced;
  for (const TwinSideRecord& side : record.sides)
    if (!side.device.empty()) priced[side.device] = side.pricePerHour;
  std::vector<std::pair<std::string, std::string>> devices;
  for (const auto& [device, price] : priced) devices.emplace_back(device, device);
  PricesDialog dialog({record.tariff, priced}, devices, this);
  if (dialog.exec() != QDialog::Accepted) return;
  dialog.prices().save();
  controller_.setPrices(dialog.prices());
}

void TwinView::saveReport() {
  const QString file = askFile(tr("Save report"), ".html", tr("Web pages (*.html)"));
  if (file.isEmpty()) return;
  if (file.endsWith(".pdf", Qt::CaseInsensitive)) {
    Q_EMIT failed({ErrorCode::Unsupported,
                   tr("the report of a twin run is a web page, not a PDF").toStdString(), file.toStdString(),
                   tr("Save it as .html; any browser can print it to a PDF").toStdString()});
    return;
  }
  const Status saved = writeHtmlReport(viewModel_->record, file.toStdString());
  if (saved.ok())
    Q_EMIT written(file);
  else
    Q_EMIT failed(saved.error());
}

void TwinView::saveRecord() {
  const QString suffix = toQString(kTwinSuffix);
  const QString file = askFile(tr("Save record"), suffix, tr("Twin records (*%1)").arg(suffix));
  if (file.isEmpty()) return;
  const Status saved = saveTwin(viewModel_->record, file.toStdString());
  if (saved.ok())
    Q_EMIT written(file);
  else
    Q_EMIT failed(saved.error());
}

void TwinView::openRecord() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Open twin record"), lastFolder(),
                                   tr("Twin records (*%1);;All files (*)").arg(toQString(kTwinSuffix)));
  if (file.isEmpty()) return;
  rememberFolder(file);
  controller_.open(file);
}

}  // namespace tandem::ui
