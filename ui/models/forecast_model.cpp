#include "ui/models/forecast_model.h"

#include <algorithm>

#include "core/compile/compile.h"
#include "core/twin/calibration.h"
#include "ui/models/format.h"
#include "ui/models/project_document.h"

namespace tandem::ui {
namespace {

constexpr int kDelayMs = 300;  // edits come in bursts
constexpr int kProgressMs = 100;
constexpr double kCalibrationSeconds = 20;

QString deviceName(const DeviceInfo& info, const DeviceOptions& options) {
  if (info.threads > 0) {
    const int threads = options.threads > 0 ? options.threads : info.threads;
    const QString name =
        threads == 1 ? ForecastModel::tr("CPU, 1 thread") : ForecastModel::tr("CPU, %1 threads").arg(threads);
    return options.precision == Precision::Fp32 ? name : name + ", " + toQString(nameOf(options.precision));
  }
  return toQString(info.name) + ", " + toQString(nameOf(options.precision));
}

DeviceForecast forecastOn(const Project& project, const DatasetInfo& data, const DeviceOptions& options,
                          const BackendLookup& lookup) {
  DeviceForecast forecast;
  forecast.options = options;
  forecast.device = toQString(options.device);
  const auto backend = lookup(options.device);
  if (backend.ok()) {
    for (const DeviceInfo& info : (*backend)->devices())
      if (isDevice(info, options.device)) forecast.device = deviceName(info, options);
  } else {
    forecast.problem = errorText(backend.error());
    return forecast;
  }
  TrainingConfig training = project.training;
  training.device = options;
  forecast.batch = training.batch = likelyBatch(project);
  const auto plan = compile(project.network, training, data, **backend);
  if (!plan.ok()) {
    forecast.problem = errorText(plan.error());
    return forecast;
  }
  forecast.plan = *plan;
  forecast.driverMemory = (*plan)->forecast.context;
  forecast.memory = (*plan)->forecast.total() - forecast.driverMemory;
  if (const Status fits = checkFits(**plan, **backend); !fits.ok())
    forecast.problem = errorText(fits.error());
  if (const auto calibration = storedCalibration(options, **backend)) {
    const ProfileRecord step = forecastStep(**plan, *calibration);
    forecast.seconds = step.forward + step.backward + step.update;
  }
  return forecast;
}

}  // namespace

std::int64_t likelyBatch(const Project& project) {
  if (project.data.kind != DataKind::Generated) return project.training.batch;
  const double share = (1 - project.data.testFraction) * (1 - project.data.validationFraction);
  const auto samples = static_cast<std::int64_t>(static_cast<double>(project.data.count) * share);
  return std::clamp<std::int64_t>(samples, 1, project.training.batch);
}

ForecastModel::ForecastModel(ProjectDocument& document, QObject* parent)
    : QObject(parent), document_(document) {
  pool_.setMaxThreadCount(1);
  delay_.setSingleShot(true);
  delay_.setInterval(kDelayMs);
  progressTimer_.setInterval(kProgressMs);
  connect(&delay_, &QTimer::timeout, this, &ForecastModel::compute);
  connect(&progressTimer_, &QTimer::timeout, this, &ForecastModel::calibrationProgressed);
  const auto schedule = [this] { delay_.start(); };
  connect(&document, &ProjectDocument::analysisChanged, this, schedule);
  connect(&document, &ProjectDocument::dataInfoChanged, this, schedule);
  delay_.start();
}

ForecastModel::~ForecastModel() {
  cancel_ = true;
  pool_.clear();
  pool_.waitForDone();
}

void ForecastModel::setLookup(BackendLookup lookup) {
  lookup_ = std::move(lookup);
  delay_.start();
}

void ForecastModel::compute() {
  const std::uint64_t request = ++request_;
  if (!document_.dataInfo() || !document_.analysis().ok()) {
    forecasts_.clear();
    Q_EMIT changed();
    return;
  }
  if (calibrating_) return;  // computing would distort the calibration, which computes again at its end
  pool_.start(
      [this, request, project = document_.snapshot(), data = *document_.dataInfo(), lookup = lookup_] {
        const DeviceOptions& own = project->training.device;
        const DeviceOptions cpu;
        const bool both = own.device != cpu.device;
        std::vector<DeviceForecast> list(both ? 2 : 1);
        list[0] = forecastOn(*project, data, own, lookup);
        if (both) {
          list[1] = forecastOn(*project, data, cpu, lookup);
          list[1].plan.reset();
        }
        QMetaObject::invokeMethod(
            this,
            [this, request, list = std::move(list)] {
              if (request != request_) return;
              forecasts_ = list;
              Q_EMIT changed();
            },
            Qt::QueuedConnection);
      });
}

void ForecastModel::calibrate() {
  if (calibrating_) return;
  calibrating_ = true;
  cancel_ = false;
  progress_ = 0;
  progressTimer_.start();
  Q_EMIT calibrationProgressed();
  pool_.start([this, options = document_.training().device, lookup = lookup_] {
    const auto measure = [&]() -> Status {
      TANDEM_ASSIGN(Backend * backend, lookup(options.device));
      TANDEM_ASSIGN(const Calibration calibration,
                    tandem::calibrate(*backend, options, kCalibrationSeconds, [this](double done) {
                      progress_ = done;
                      return !cancel_;
                    }));
      return saveCalibration(calibration);
    };
    const Status status = measure();
    QMetaObject::invokeMethod(
        this,
        [this, status] {
          calibrating_ = false;
          progressTimer_.stop();
          Q_EMIT calibrationProgressed();
          if (!status.ok() && status.error().code != ErrorCode::Cancelled)
            Q_EMIT calibrationFailed(errorText(status.error()));
          compute();
        },
        Qt::QueuedConnection);
  });
}

}  // namespace tandem::ui
