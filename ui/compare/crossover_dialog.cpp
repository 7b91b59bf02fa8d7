#include "ui/compare/crossover_dialog.h"

#include <QFormLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "core/runs/run_job.h"
#include "ui/compare/crossover_plot.h"
#include "ui/compare/side_list.h"
#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/expression.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr double kSecondsPerSide = 0.5;
constexpr double kMaxBatch = 1 << 20, kMaxWidth = 1000;
const char* const kDefaultBatches = "1, 4, 16, 64, 256";
const char* const kDefaultWidths = "0.25, 0.5, 1, 2, 4";

}  // namespace

CrossoverDialog::CrossoverDialog(ProjectDocument& document, std::vector<SideDevice> devices,
                                 const std::vector<std::string>& sides, QWidget* parent)
    : QDialog(parent), document_(document) {
  setObjectName("crossoverDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Crossover of %1").arg(document.title()));
  pool_.setMaxThreadCount(1);
  timer_.setInterval(100);
  connect(&timer_, &QTimer::timeout, this, &CrossoverDialog::showState);
  connect(&document_, &ProjectDocument::projectReplaced, this, &CrossoverDialog::close);
  buildUi(std::move(devices));
  sides_->add(sides);
  showAxis();
  showState();
  resize(760, 640);
}

CrossoverDialog::~CrossoverDialog() {
  cancel_ = true;
  pool_.clear();
  pool_.waitForDone();
}

void CrossoverDialog::buildUi(std::vector<SideDevice> devices) {
  auto* layout = new QVBoxLayout(this);
  message_ = new MessageBar(this);
  message_->setObjectName("crossoverMessage");
  layout->addWidget(message_);
  form_ = new QWidget(this);
  auto* form = new QVBoxLayout(form_);
  form->setContentsMargins(0, 0, 0, 0);
  auto* about =
      new QLabel(tr("Trains the network briefly at each batch size or width, alternating between the sides, "
                    "and finds where a side overtakes the first one."),
                 form_);
  about->setWordWrap(true);
  form->addWidget(about);
  // Sides have no batch size of their own: it is swept, or the project's.
  sides_ = new SideList(document_, std::move(devices), "addCrossoverSide", form_);
  form->addWidget(sides_);
  auto* fields = makeForm();
  axis_ = new ChoiceBox;
  axis_->addItems({tr("Batch size"), tr("Hidden layer width")});
  addField(fields, axis_, "crossoverAxis", tr("S&weep"), tr("Quantity to vary"));
  values_ = new TextField([this](const QString& text) -> Status {
    TANDEM_TRY(parse(text));
    values_->setStored(text);
    return success();
  });
  addField(fields, values_, "crossoverValues", tr("&Values"), tr("Two or more numbers, separated by commas"));
  form->addLayout(fields);
  layout->addWidget(form_);
  plot_ = new CrossoverPlot(this);
  plot_->setMinimumHeight(220);
  layout->addWidget(plot_, 1);
  sentences_ = new QLabel(this);
  sentences_->setObjectName("crossoverSentences");
  sentences_->setWordWrap(true);
  sentences_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(sentences_);
  auto* row = new QHBoxLayout;
  bar_ = new QProgressBar(this);
  describe(bar_, "crossoverProgress", tr("Progress of the measurement"), {});
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  start_ = new QPushButton(this);
  start_->setObjectName("crossoverStart");
  start_->setDefault(true);
  row->addWidget(bar_, 1);
  row->addStretch(1);
  row->addWidget(start_);
  layout->addLayout(row);
  connect(axis_, &QComboBox::currentIndexChanged, this, &CrossoverDialog::showAxis);
  connect(start_, &QPushButton::clicked, this, [this] {
    if (measuring_)
      cancel_ = true;
    else
      start();
  });
}

void CrossoverDialog::showAxis() {
  values_->committed()->restore();
  values_->setStored(axis_->currentIndex() == 0 ? kDefaultBatches : kDefaultWidths);
}

Result<std::vector<double>> CrossoverDialog::parse(const QString& text) const {
  const bool batch = axis_->currentIndex() == 0;
  const auto refusal = [&](const QString& reason) {
    return invalid(reason.toStdString(), {},
                   tr("Enter numbers separated by commas, for example %1")
                       .arg(batch ? kDefaultBatches : kDefaultWidths)
                       .toStdString());
  };
  auto list = evaluateList(text);
  if (!list.ok()) return refusal(toQString(list.error().message));
  for (const double value : *list)
    if (value <= 0 || value > (batch ? kMaxBatch : kMaxWidth) || (batch && value != std::floor(value)))
      return refusal(tr("'%1' is not a %2").arg(numberText(value), batch ? tr("batch size") : tr("width")));
  return list;
}

void CrossoverDialog::start() {
  message_->hide();
  if (!CommittedText::commitAll(form_)) return;
  auto sides = sides_->sides();
  auto points = parse(values_->committed()->stored());
  if (!sides.ok() || !points.ok()) {
    message_->showError(sides.ok() ? points.error() : sides.error());
    return;
  }
  SweepOptions options;
  options.axis = axis_->currentIndex() == 0 ? SweepAxis::Batch : SweepAxis::Width;
  options.values = std::move(*points);
  options.secondsPerSide = kSecondsPerSide;
  measuring_ = true;
  cancel_ = false;
  progress_ = 0;
  timer_.start();
  showState();
  pool_.start([this, project = document_.snapshot(), sides = std::move(*sides), options] {
    const auto measure = [&]() -> Result<Crossover> {
      TANDEM_ASSIGN(const auto dataset, loadChecked(*project, [this](double) { return !cancel_; }));
      return findCrossover(*project, dataset, sides, options, [this](double done) {
        progress_ = done;
        return !cancel_;
      });
    };
    QMetaObject::invokeMethod(
        this, [this, result = measure()] { finished(result); }, Qt::QueuedConnection);
  });
}

void CrossoverDialog::finished(const Result<Crossover>& result) {
  measuring_ = false;
  timer_.stop();
  showState();
  if (!result.ok()) {
    if (result.error().code != ErrorCode::Cancelled) message_->showError(result.error());
    return;
  }
  result_ = *result;
  plot_->showResult(result_);
  QStringList lines;
  for (const std::string& sentence : sentences(result_)) lines += toQString(sentence);
  sentences_->setText(lines.join('\n'));
}

void CrossoverDialog::showState() {
  form_->setEnabled(!measuring_);
  bar_->setVisible(measuring_);
  bar_->setValue(static_cast<int>(1000 * progress_));
  start_->setText(measuring_ ? tr("Stop") : tr("&Measure"));
}

}  // namespace tandem::ui
