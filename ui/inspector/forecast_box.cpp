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

// Memory of the driver is not the network's and is listed separately. Empty if there is none.
QString driverText(std::size_t bytes) {
  if (bytes == 0) return {};
  return ForecastBox::tr(", plus %1 used by the driver").arg(bytesText(static_cast<double>(bytes)));
}

QString lineOf(const DeviceForecast& forecast) {
  QString line = QStringLiteral("<b>%1</b><br>").arg(forecast.device.toHtmlEscaped());
  if (!forecast.problem.isEmpty()) return line + forecast.problem.toHtmlEscaped();
  const QString memory = bytesText(static_cast<double>(forecast.memory));
  const QString driver = driverText(forecast.driverMemory);
  if (!forecast.seconds)
    return line + ForecastBox::tr("%1 of memory%2; time not measured yet").arg(memory, driver);
  const double rate = static_cast<double>(forecast.batch) / *forecast.seconds;
  return line + ForecastBox::tr("%1 ms per step, %2 samples/s, %3 of memory%4")
                    .arg(*forecast.seconds * 1e3, 0, 'g', 3)
                    .arg(QLocale().toString(rate, 'f', 0), memory, driver);
}

// "0.031 ms per step (forecast 0.030), 139 kB of memory (forecast 156 kB)"
QString actualText(const DeviceForecast& expected, double stepSeconds, const MemoryUse& memory) {
  const QString step = QString::number(1e3 * stepSeconds, 'g', 3);
  QString text = QStringLiteral("<b>%1</b><br>").arg(ForecastBox::tr("Last run"));
  text +=
      expected.seconds
          ? ForecastBox::tr("%1 ms per step (forecast %2)").arg(step).arg(1e3 * *expected.seconds, 0, 'g', 3)
          : ForecastBox::tr("%1 ms per step").arg(step);
  if (memory.total() == 0) return text;
  text += ForecastBox::tr(", %1 of memory (forecast %2)")
              .arg(bytesText(static_cast<double>(memory.total() - memory.context)),
                   bytesText(static_cast<double>(expected.memory)));
  return text + driverText(memory.context);
}

}  // namespace

ForecastBox::ForecastBox(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
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
  actual_->setToolTip(tr("Median step time and device memory of the run; a busy machine is slower"));
  actual_->hide();
  problem_->setObjectName("forecastProblem");
  problem_->setWordWrap(true);
  problem_->setTextFormat(Qt::PlainText);
  problem_->hide();
  describe(progress_, "calibrationProgress", tr("Measurement progress"), {});
  progress_->setRange(0, 100);
  describe(
      calibrate_, "calibrateButton", tr("Measure this device"),
      tr("Benchmark matrix products, convolutions and memory on the project's device, for about 20 seconds. "
         "Run it while the machine is idle."));
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
  connect(&model_, &ForecastModel::calibrationProgressed, this, &ForecastBox::refreshCalibration);
  connect(&model_, &ForecastModel::calibrationFailed, this, [this](const QString& reason) {
    problem_->setText(reason);
    problem_->show();
  });
  connect(calibrate_, &QPushButton::clicked, this, [this] {
    problem_->hide();
    model_.calibrating() ? model_.cancelCalibration() : model_.calibrate();
  });
  connect(&document, &ProjectDocument::networkChanged, this, &ForecastBox::clearRun);
  connect(&document, &ProjectDocument::trainingChanged, this, &ForecastBox::clearRun);
  connect(&document, &ProjectDocument::projectReplaced, this, &ForecastBox::clearRun);
  refresh();
  refreshCalibration();
}

void ForecastBox::runStarted() {
  expected_.reset();
  actual_->hide();
  if (!model_.forecasts().empty()) expected_ = model_.forecasts().front();
}

void ForecastBox::runEnded(double stepSeconds, const MemoryUse& memory, const QString& limitation) {
  if (!expected_ || stepSeconds <= 0) return;
  QString text = actualText(*expected_, stepSeconds, memory);
  if (!limitation.isEmpty()) text += "<br>" + tr("Note: %1.").arg(limitation.toHtmlEscaped());
  actual_->setText(text);
  actual_->show();
}

void ForecastBox::clearRun() {
  expected_.reset();
  actual_->hide();
}

void ForecastBox::refresh() {
  QStringList lines;
  for (const DeviceForecast& forecast : model_.forecasts()) lines += lineOf(forecast);
  text_->setText(lines.isEmpty() ? tr("The forecast appears here once the network has no problems.")
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
