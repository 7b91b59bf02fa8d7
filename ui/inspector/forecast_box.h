// The forecast in the inspector: a line a device, and the button that measures this machine.
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

 private:
  void refresh();
  void refreshCalibration();

  ProjectDocument& document_;
  ForecastModel model_;
  QLabel* text_;
  QLabel* problem_;
  QProgressBar* progress_;
  QPushButton* calibrate_;
};

}  // namespace tandem::ui
