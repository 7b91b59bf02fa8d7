// The forecast in the inspector: one line per device, the actual values of the last run, and the button that
// measures this machine.
#pragma once

#include <QWidget>

#include "ui/models/forecast_model.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace tandem::ui {

class ForecastBox : public QWidget {
  Q_OBJECT

 public:
  explicit ForecastBox(ProjectDocument& document, QWidget* parent = nullptr);

  ForecastModel& model() { return model_; }

  // A run of the open project: its forecast is stored and compared with the measurement at its end. An edit
  // of the network or the training settings clears it.
  void runStarted();
  void otherRunStarted() { clearRun(); }
  // Median step; 0: unknown. limitation: why steps were slower than they could be; may be empty.
  void runEnded(double stepSeconds, const MemoryUse& memory, const QString& limitation);

 private:
  void refresh();
  void refreshCalibration();
  void clearRun();

  ForecastModel model_;
  std::optional<DeviceForecast> expected_;  // for the current or last run
  QLabel* text_;
  QLabel* actual_;
  QLabel* problem_;
  QProgressBar* progress_;
  QPushButton* calibrate_;
};

}  // namespace tandem::ui
