#include "ui/inspector/forecast_box.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/models/format.h"
#include "ui/models/project_document.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

QString lineOf(const DeviceForecast& forecast, std::int64_t batch) {
  QString line = QStringLiteral("<b>%1</b><br>").arg(forecast.device.toHtmlEscaped());
  if (!forecast.problem.isEmpty()) return line + forecast.problem.toHtmlEscaped();
  const QString memory = bytesText(static_cast<double>(forecast.memory));
  if (!forecast.seconds) return line + ForecastBox::tr("%1 of memory; time not yet known").arg(memory);
  const double rate = static_cast<double>(batch) / *forecast.seconds;
  return line + ForecastBox::tr("%1 ms a step, %2 samples/s, %3 of memory")
                    .arg(*forecast.seconds * 1e3, 0, 'g', 3)
                    .arg(QLocale().toString(rate, 'f', 0), memory);
}

// "0.031 ms a step (forecast 0.030), 139 kB of memory (forecast 156 kB)"
// What the driver took for itself is no part of a forecast, and stands apart.
QString actualText(const DeviceForecast& foreseen, double stepSeconds, const MemoryUse& memory) {
  const QString step = QString::number(1e3 * stepSeconds, 'g', 3);
  QString text = QStringLiteral("<b>%1</b><br>").arg(ForecastBox::tr("The last run"));
  text +=
      foreseen.seconds
          ? ForecastBox::tr("%1 ms a step (forecast %2)").arg(step).arg(1e3 * *foreseen.seconds, 0, 'g', 3)
          : ForecastBox::tr("%1 ms a step").arg(step);
  if (memory.total() == 0) return text;
  text += ForecastBox::tr(", %1 of memory (forecast %2)")
              .arg(bytesText(static_cast<double>(memory.total() - memory.context)),
                   bytesText(static_cast<double>(foreseen.memory)));
  if (memory.context > 0)
    text += ForecastBox::tr(", beside %1 that the driver took")
                .arg(bytesText(static_cast<double>(memory.context)));
  return text;
}

}  // namespace

ForecastBox::ForecastBox(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      model_(document),
      text_(new QLabel),
      actual_(new QLabel),
      problem_(new QLabel),
      progress_(new QProgressBar),
      calibrate_(new QPushButton) {
  setObjectName("forecastBox");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  text_->setObjectName("forecastText");
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::RichText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  actual_->setObjectName("forecastActual");
  actual_->setWordWrap(true);
  actual_->setTextFormat(Qt::RichText);
  actual_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  actual_->setToolTip(tr("The median of its steps, and what its device held; a busy machine takes longer"));
  actual_->hide();
  problem_->setObjectName("forecastProblem");
  problem_->setWordWrap(true);
  problem_->hide();
  describe(progress_, "calibrationProgress", tr("Progress of the measurement"), {});
  progress_->setRange(0, 100);
  describe(
      calibrate_, "calibrateButton", tr("Measure this device"),
      tr("Times products, convolutions and memory of the project's device once, for about 20 seconds. Do it "
         "while the machine is quiet."));
  auto* row = new QHBoxLayout;
  row->addWidget(progress_, 1);
  row->addWidget(calibrate_);
  row->addStretch();
  layout->addWidget(text_);
  layout->addWidget(actual_);
  layout->addWidget(problem_);
  layout->addLayout(row);
  connect(&model_, &ForecastModel::changed, this, &ForecastBox::refresh);
  connect(&document, &ProjectDocument::trainingChanged, this, &ForecastBox::refresh);
  connect(&model_, &ForecastModel::calibrationMoved, this, &ForecastBox::refreshCalibration);
  connect(&model_, &ForecastModel::calibrationFailed, this, [this](const QString& reason) {
    problem_->setText(reason);
    problem_->show();
  });
  connect(calibrate_, &QPushButton::clicked, this, [this] {
    problem_->hide();
    model_.calibrating() ? model_.cancelCalibration() : model_.calibrate();
  });
  connect(&document, &ProjectDocument::networkChanged, this, &ForecastBox::forgetRun);
  connect(&document, &ProjectDocument::trainingChanged, this, &ForecastBox::forgetRun);
  connect(&document, &ProjectDocument::projectReplaced, this, &ForecastBox::forgetRun);
  refresh();
  refreshCalibration();
}

void ForecastBox::runStarted() {
  foreseen_.reset();
  actual_->hide();
  if (!model_.forecasts().empty()) foreseen_ = model_.forecasts().front();
}

void ForecastBox::runEnded(double stepSeconds, const MemoryUse& memory) {
  if (!foreseen_ || stepSeconds <= 0) return;
  actual_->setText(actualText(*foreseen_, stepSeconds, memory));
  actual_->show();
}

void ForecastBox::forgetRun() {
  foreseen_.reset();
  actual_->hide();
}

void ForecastBox::refresh() {
  QStringList lines;
  for (const DeviceForecast& forecast : model_.forecasts())
    lines += lineOf(forecast, document_.training().batch);
  text_->setText(lines.isEmpty() ? tr("When the network has no problems, what a step takes stands here.")
                                 : lines.join("<br>"));
  const bool known = !model_.forecasts().empty() && model_.forecasts().front().seconds.has_value();
  if (!model_.calibrating()) calibrate_->setText(known ? tr("Measure again") : tr("Measure this device"));
}

void ForecastBox::refreshCalibration() {
  progress_->setVisible(model_.calibrating());
  progress_->setValue(static_cast<int>(model_.progress() * 100));
  if (model_.calibrating())
    calibrate_->setText(tr("Cancel"));
  else
    refresh();
}

}  // namespace tandem::ui
