// What a step of the open project will take on each device, before it runs: memory from the plan, time from
// the calibration of the device. Computed off the window's thread, a moment after the last edit.
#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <optional>
#include <vector>

#include "core/runtime/backend.h"
#include "core/twin/lock_step.h"

namespace tandem::ui {

class ProjectDocument;

struct DeviceForecast {
  DeviceOptions options;
  QString device;                    // "CPU, 2 threads"
  std::optional<double> seconds;     // a step; absent: the device is not calibrated
  std::size_t memory = 0;            // bytes
  QString problem;                   // why it cannot train there
  std::shared_ptr<const Plan> plan;  // of the project's device; nullptr: it cannot be compiled there
};

class ForecastModel : public QObject {
  Q_OBJECT

 public:
  explicit ForecastModel(ProjectDocument& document, QObject* parent = nullptr);
  ~ForecastModel() override;  // waits for what is under way

  // The project's device, and for comparison the CPU: no GPU is touched, and holds memory for it, that was
  // not chosen. Empty while the project has problems.
  const std::vector<DeviceForecast>& forecasts() const { return forecasts_; }

  // Where devices come from: what is installed, something else in tests.
  void setLookup(BackendLookup lookup);

  // Computes anew, as when a device is lost or has other memory free.
  void refresh() { delay_.start(); }

  // Measures the project's device; the forecasts follow.
  void calibrate();
  void cancelCalibration() { cancel_ = true; }
  bool calibrating() const { return calibrating_; }
  double progress() const { return progress_; }

 Q_SIGNALS:
  void changed();
  void calibrationMoved();
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
