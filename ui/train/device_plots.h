// DevicePlots: utilization, power, temperature, clock and memory in use of the device over the time of a
// run. Only recorded readings have a plot; a line of text says which are missing, and why.
#pragma once

#include <QWidget>
#include <array>
#include <vector>

#include "ui/train/drawn_run.h"

class QLabel;

namespace tandem::ui {

class CurvePlot;

class DevicePlots : public QWidget {
  Q_OBJECT

 public:
  explicit DevicePlots(QWidget* parent);
  void setRuns(std::vector<DrawnRun> runs);
  void refresh();
  void fit();
  // The text below the plots.
  QString note() const;

 Q_SIGNALS:
  void pictureFailed(const QString& path);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  static constexpr std::size_t kPlots = 5;
  void rebuild();
  QString noteText() const;

  std::vector<DrawnRun> runs_;
  std::array<CurvePlot*, kPlots> plots_{};
  std::array<bool, kPlots> hasCurves_{};  // per plot
  QLabel* note_;
};

}  // namespace tandem::ui
