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

}  // namespace

ForecastBox::ForecastBox(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      model_(document),
      text_(new QLabel),
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
  refresh();
  refreshCalibration();
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
