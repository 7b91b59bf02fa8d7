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

namespace tandem::ui {

class ProjectDocument;

struct DeviceForecast {
  DeviceOptions options;
  QString device;                 // "CPU, 2 threads"
  std::optional<double> seconds;  // a step; absent: the device is not calibrated
  std::size_t memory = 0;         // bytes
  QString problem;                // why it cannot train there
};

class ForecastModel : public QObject {
  Q_OBJECT

 public:
  explicit ForecastModel(ProjectDocument& document, QObject* parent = nullptr);
  ~ForecastModel() override;  // waits for what is under way

  // The project's device first, then the other usable ones. Empty while the project has problems.
  const std::vector<DeviceForecast>& forecasts() const { return forecasts_; }

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
  void run(std::function<void()> work);

  ProjectDocument& document_;
  QTimer delay_, progressTimer_;
  QThreadPool pool_;
  std::vector<DeviceForecast> forecasts_;
  std::uint64_t request_ = 0;
  bool calibrating_ = false;
  std::atomic<bool> cancel_{false};
  std::atomic<double> progress_{0};
};

}  // namespace tandem::ui
