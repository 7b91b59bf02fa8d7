// The forecast in the inspector: a line a device, what the last run really took, and the button that
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

  // A run of the open project: what was foreseen for it is kept, and compared at its end. An edit of what
  // was trained forgets it.
  void runStarted();
  void otherRunStarted() { forgetRun(); }
  void runEnded(double stepSeconds, const MemoryUse& memory);  // a typical step; 0: not known

 private:
  void refresh();
  void refreshCalibration();
  void forgetRun();

  ProjectDocument& document_;
  ForecastModel model_;
  std::optional<DeviceForecast> foreseen_;  // for the run that goes, or went last
  QLabel* text_;
  QLabel* actual_;
  QLabel* problem_;
  QProgressBar* progress_;
  QPushButton* calibrate_;
};

}  // namespace tandem::ui
