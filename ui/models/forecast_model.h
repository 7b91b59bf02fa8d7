// Forecasts the memory and time of a training step of the open project: memory from the plan, time from the
// calibration of the device. Forecasts are computed on a worker thread, shortly after the last edit.
#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <optional>
#include <vector>

#include "core/network/project.h"
#include "core/runtime/backend.h"
#include "core/twin/lock_step.h"

namespace tandem::ui {

class ProjectDocument;

struct DeviceForecast {
  DeviceOptions options;
  QString device;                    // "CPU, 2 threads"
  std::optional<double> seconds;     // per step; absent: the device is not calibrated
  std::size_t memory = 0;            // bytes, without the next
  std::size_t driverMemory = 0;      // of a GPU's driver and libraries
  std::int64_t batch = 0;            // of a step
  QString problem;                   // why the project cannot be trained on it
  std::shared_ptr<const Plan> plan;  // only of the project's device; nullptr: not compilable
};

// The batch of a step of that project: not more than the training samples of generated data. Other data limits the batch
// once it is read.
std::int64_t likelyBatch(const Project& project);

class ForecastModel : public QObject {
  Q_OBJECT

 public:
  explicit ForecastModel(ProjectDocument& document, QObject* parent = nullptr);
  ~ForecastModel() override;  // waits for work in progress

  // The forecasts of the project's device and, for comparison, the CPU. GPUs that are not chosen are left
  // alone, because using one allocates memory on it. Empty while the project has problems.
  const std::vector<DeviceForecast>& forecasts() const { return forecasts_; }

  // Sets the source of backends; the installed ones by default, others in tests.
  void setLookup(BackendLookup lookup);

  // Computes again, for instance after a device was lost or its free memory has changed.
  void refresh() { delay_.start(); }

  // Calibrates the project's device; then updates the forecasts.
  void calibrate();
  void cancelCalibration() { cancel_ = true; }
  bool calibrating() const { return calibrating_; }
  double progress() const { return progress_; }

 Q_SIGNALS:
  void changed();
  void calibrationProgressed();
  void calibrationFailed(const QString& reason);

 private:
  void compute();

  ProjectDocument& document_;
  BackendLookup lookup_ = installedBackends();
  QTimer delay_, progressTimer_;
  QThreadPool pool_;
  std::vector<DeviceForecast> forecasts_;
  std::uint64_t request_ = 0;
  bool calibrating_ = false;
  std::atomic<bool> cancel_{false};
  std::atomic<double> progress_{0};
};

}  // namespace tandem::ui
